"""Measures a call through the service, client and session together, against starting Python, by CPU time.

Needs root, to call as other logins.
"""

from benchmarks._limits import at_most
from tests.serve.host import a_host
from tests.serve.test_costs import ratios


def main() -> None:
    """Print the figures, and which limits are missed."""
    with a_host() as host:
        for command, ratio, limit in ratios(host):
            print(f"{command}: {ratio:.1f} x python3 -ISE -c pass (at most {limit:.0f})")
            at_most(ratio, limit, f"{command} through the service / starting Python")


if __name__ == "__main__":
    main()
