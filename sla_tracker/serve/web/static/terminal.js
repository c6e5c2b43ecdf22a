// Shows a terminal of the service. Keys go there as bytes, what it draws comes back as bytes.
"use strict";
(() => {
  const place = document.getElementById("terminal");
  const words = place.dataset;
  const terminal = new Terminal({
    allowProposedApi: true,
    cursorBlink: false,
    fontFamily: '"DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", "Noto Sans Mono CJK SC", "PingFang SC", "Microsoft YaHei", monospace',
    fontSize: 15,
    linkHandler: { activate() {} },
    macOptionIsMeta: true,
    macOptionClickForcesSelection: true,
    scrollback: 0,
    theme: { background: "#121212" },
  });
  const fit = new FitAddon.FitAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(new Unicode11Addon.Unicode11Addon());
  terminal.unicode.activeVersion = "11";
  // Nothing that is drawn may reach the clipboard, the title, or a link.
  for (const code of [0, 1, 2, 8, 52]) terminal.parser.registerOscHandler(code, () => true);
  terminal.open(place);
  try {
    const drawing = new WebglAddon.WebglAddon();
    drawing.onContextLoss(() => drawing.dispose());
    terminal.loadAddon(drawing);
  } catch (problem) { /* without WebGL the page draws with elements */ }
  fit.fit();

  // With text selected Ctrl+C copies, else it is the program's; Ctrl+V pastes. The browser does both when told nothing.
  terminal.attachCustomKeyEventHandler((event) => {
    const isOurs = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
    return !(isOurs && (event.key === "v" || (event.key === "c" && terminal.hasSelection())));
  });
  place.addEventListener("copy", () => setTimeout(() => terminal.clearSelection()));

  const said = document.getElementById("said");
  const again = document.getElementById("again");
  const files = document.getElementById("files");
  const encoder = new TextEncoder();
  const LONGEST = 100000; // characters that are typed or pasted at once
  const key = words.key;
  let socket = null;
  let ended = false;

  function connect() {
    again.hidden = true;
    said.textContent = words.connecting;
    const address = location.origin.replace(/^http/, "ws") + "/terminal/socket";
    socket = new WebSocket(address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      socket.send(JSON.stringify({ key, rows: terminal.rows, columns: terminal.cols }));
      said.textContent = "";
      terminal.focus();
    };
    socket.onmessage = (message) => {
      if (typeof message.data !== "string") {
        terminal.write(new Uint8Array(message.data));
        return;
      }
      const told = JSON.parse(message.data);
      if (told.end) { ended = true; said.textContent = told.end; }
      if (told.download) {
        const link = document.createElement("a");
        link.href = told.download;
        link.textContent = told.name;
        link.addEventListener("click", () => setTimeout(() => link.remove(), 500));
        files.append(link);
      }
    };
    socket.onclose = () => {
      if (!ended) said.textContent = words.lost;
      again.hidden = false;
    };
  }

  terminal.onData((typed) => {
    said.textContent = typed.length > LONGEST ? words.long : "";
    if (typed.length <= LONGEST) send(encoder.encode(typed));
  });
  terminal.onBinary((typed) => send(Uint8Array.from(typed, (one) => one.charCodeAt(0))));
  terminal.onResize(({ rows, cols }) => send(JSON.stringify({ rows, columns: cols })));
  function send(content) {
    if (socket && socket.readyState === WebSocket.OPEN) socket.send(content);
  }
  window.addEventListener("resize", () => fit.fit());
  again.addEventListener("click", () => location.reload());
  connect();
  window.slaTerminal = terminal;
})();
