"""The commands of `sla`: their sections in the help, their modules, what they do."""

from __future__ import annotations

from typing import NamedTuple

from sla_tracker.errors import N_


class ListedCommand(NamedTuple):
    """A command of `sla`: its module in `sla_tracker.cli.commands`, and its help.

    The help stands here, so that the list of all commands needs none of their modules.
    """

    module: str
    help: str


# The sections of the help say who uses which commands when.
SECTIONS = {
    N_("See what is due"): {
        "due": ListedCommand(
            "duties.due",
            N_(
                "List what is due.\n"
                "Without an option: what your department owes. With --until: everything up to that day in all "
                "departments, what the calendar has not opened yet included."
            ),
        ),
        "show": ListedCommand(
            "duties.show", N_("Show one duty: its terms, evidence, deliveries and history.")
        ),
        "why": ListedCommand(
            "duties.why",
            N_(
                "Explain a deadline step by step.\n"
                "Of a duty by its reference; of an obligation for a day that lies ahead (--on), or for an event or "
                "a request at a certain time (--at). Also of a complaint by its reference, and of the survey by "
                "the word survey."
            ),
        ),
        "subject": ListedCommand(
            "duties.subject",
            N_(
                "Show everything about one vehicle, contract or person.\n"
                "Its events, and the duties of all departments by due time."
            ),
        ),
        "calendar": ListedCommand(
            "duties.calendar", N_("Show a month: working days, make-up days, hours, and what is due.")
        ),
    },
    N_("Work on what your department owes"): {
        "take": ListedCommand("duties.work", N_("Take duties from your department's pool.")),
        "release": ListedCommand("duties.work", N_("Put duties back into your department's pool.")),
        "assign": ListedCommand(
            "duties.work", N_("Give duties to a member of your department; others' takes its head.")
        ),
        "fill": ListedCommand(
            "duties.deliver", N_("Keep evidence that is there already, without delivering yet.")
        ),
        "deliver": ListedCommand(
            "duties.deliver",
            N_(
                "Deliver a duty with its evidence.\nWhat is missing is asked for, where somebody is there to answer."
            ),
        ),
        "take-back": ListedCommand("duties.work", N_("Take back a delivery that nobody has judged yet.")),
        "note": ListedCommand("duties.work", N_("Write a note on a duty, for both sides to read.")),
        "undo": ListedCommand(
            "duties.work", N_("Take back your own last act, while nobody has built on it.")
        ),
        "redo": ListedCommand("duties.work", N_("Do again what you have undone last, as of its first time.")),
        "hold": ListedCommand(
            "duties.hold",
            N_("Stop the clock of a duty that waits for somebody else; on record, and objectable."),
        ),
        "resume": ListedCommand("duties.hold", N_("Let the clock of a duty on hold run again.")),
        "waiver": ListedCommand(
            "duties.opinion", N_("Ask to be excused from a duty, and answer those who ask.")
        ),
        "cause": ListedCommand("duties.opinion", N_("Say why a duty was late or returned.")),
        "hand-over": ListedCommand(
            "departments.handover", N_("Hand a duty over to another department, once it agrees.")
        ),
        "shift": ListedCommand(
            "departments.handover", N_("Hand over in writing what is unfinished at the end of a shift.")
        ),
    },
    N_("Judge what your department is owed"): {
        "accept": ListedCommand("duties.verdict", N_("Accept deliveries.")),
        "return": ListedCommand(
            "duties.verdict", N_("Return a delivery with a reason; the duty is open again.")
        ),
        "reopen": ListedCommand(
            "duties.opinion", N_("Open a duty again that was accepted or missed, as a head.")
        ),
        "rate": ListedCommand(
            "duties.opinion",
            N_(
                "Rate an accepted duty: 0 not met, 1 basic, 2 satisfying, 3 beyond what is owed, 4 memorable."
            ),
        ),
        "object": ListedCommand(
            "duties.hold", N_("Object to a hold; it then counts only if the consumer's head confirms it.")
        ),
        "judge-hold": ListedCommand(
            "duties.hold", N_("Confirm or refuse a hold that was objected to, as the consumer's head.")
        ),
        "waive": ListedCommand(
            "duties.opinion", N_("Excuse a duty without being asked, as the consumer's head.")
        ),
    },
    N_("Register what happened, and ask for something"): {
        "event": ListedCommand(
            "departments.event", N_("Register, correct, move and cancel what has happened or is planned.")
        ),
        "request": ListedCommand(
            "departments.request",
            N_(
                "Ask another department for something it has promised to do on request.\n"
                "What is not on its list is asked for with --to and --text; it has no limits and is counted apart."
            ),
        ),
        "requests": ListedCommand(
            "departments.request", N_("List requests that are not settled, both ours and theirs.")
        ),
        "answer": ListedCommand("departments.request", N_("Give the first answer to a request.")),
        "field": ListedCommand(
            "departments.open_request",
            N_("Change a field of a request, such as its priority; object to a change, and decide on it."),
        ),
        "papers": ListedCommand(
            "departments.open_request",
            N_("Note that papers for a request are there; with the last one the time to settle starts."),
        ),
        "update": ListedCommand(
            "departments.open_request", N_("Tell how an open request stands, where updates are promised.")
        ),
        "settle": ListedCommand(
            "departments.request", N_("Say, as the one who asked, that what no obligation covers is settled.")
        ),
        "withdraw": ListedCommand("departments.request", N_("Withdraw a request that is not settled yet.")),
        "request-import": ListedCommand(
            "imports.requests",
            N_(
                "Take requests over from a list (.xlsx, .csv, JSON lines).\n"
                "Each row is asked as if it had been typed; what becomes of it is shown before. A list never changes "
                "what was asked."
            ),
        ),
        "imports": ListedCommand(
            "imports.runs", N_("List what was taken over from lists, and what was broken off.")
        ),
    },
    N_("Look at the service between departments"): {
        "score": ListedCommand(
            "figures.score",
            N_(
                "Show how much was on time in a month or another range, against the target; with --rows the duties "
                "behind it.\n"
                "A closed month shows the figures it was closed with; what they do not hold is read from its archive."
            ),
        ),
        "causes": ListedCommand(
            "figures.causes", N_("Show what made a range's duties late or returned, most frequent first.")
        ),
        "league": ListedCommand(
            "figures.league",
            N_(
                "Show the departments of a month or another range by their rate, and how far each is from the first "
                "and from its own best month.\n"
                "The own best is one of the last twelve closed months."
            ),
        ),
        "forecast": ListedCommand(
            "figures.forecast",
            N_(
                "Show how many misses each department has to expect until the end of this month, beside those used and "
                "allowed.\n"
                "The head of a department is told once a month when no more are allowed, or more are expected."
            ),
        ),
        "report": ListedCommand(
            "figures.report",
            N_(
                "Write the service levels of a month or another range for others: by department, who to whom, by "
                "obligation, the causes, and the duties behind each number.\n"
                "The end says how far the store went; sla verify --anchors FILE compares it."
            ),
        ),
        "period": ListedCommand(
            "figures.period", N_("Close months, so that their figures never change any more.")
        ),
        "past": ListedCommand(
            "imports.past",
            N_("Take finished duties of the time before over from a list, and show them by month."),
        ),
        "agree": ListedCommand(
            "departments.agree",
            N_(
                "Agree on terms with another department: propose, accept, refuse, counter.\n"
                "The heads of both departments do it, or their deputies; duties opened from the first day on go by it."
            ),
        ),
        "complaint": ListedCommand(
            "departments.complaint", N_("Complain about another department, and settle complaints.")
        ),
        "survey": ListedCommand(
            "departments.survey", N_("Say each quarter how well the departments that serve yours do it.")
        ),
    },
    N_("Set up a deployment"): {
        "init": ListedCommand(
            "admin.deployment", N_("Make a deployment: a folder with settings and a store.")
        ),
        "demo": ListedCommand(
            "admin.demo",
            N_(
                "Make up a company with a past, and open it.\n"
                "Everything in it is invented and marked as a demonstration. Delete its folder when you have seen "
                "enough."
            ),
        ),
        "config": ListedCommand(
            "admin.settings", N_("Find, check, compare and change the deployment's settings.")
        ),
        "person": ListedCommand(
            "admin.person", N_("List people; let them come, change departments and leave; import them.")
        ),
        "plugins": ListedCommand(
            "admin.plugins", N_("List the plugins: active, offered, refused, quarantined, and why.")
        ),
        "plugin": ListedCommand("admin.plugin", N_("Write a plugin: begin, check, compare, take into use.")),
        "access": ListedCommand("admin.access", N_("List who may do what, and what you may.")),
        "completion": ListedCommand(
            "admin.completion",
            N_(
                "Print the completion script of a shell: bash, zsh or fish.\nIt offers commands, references, "
                "people, events."
            ),
        ),
    },
    N_("Run a deployment"): {
        "doctor": ListedCommand(
            "admin.plugins",
            N_("Look at everything that can be wrong here; the exit code says whether anything is."),
        ),
        "remind": ListedCommand(
            "departments.remind",
            N_(
                "Send the reminders that are due, once; safe to run from cron on several machines at once.\n"
                "Where nobody looks on, as in cron, nothing is said when nothing was due."
            ),
        ),
        "inbox": ListedCommand(
            "imports.inbox",
            N_(
                "Take over the lists that lie in the inbox folder ([inbox] in the settings), as its account.\n"
                "Each is taken wholly and moved to done/, or refused wholly and moved to refused/, with a report "
                "beside it; safe to run from cron. The service does it every minute."
            ),
        ),
        "serve": ListedCommand(
            "admin.serve",
            N_(
                "Run the service of this host: it owns the store, and everybody works through it.\n"
                "Who calls is what the system says. It also opens what comes due, accepts by silence and sends "
                "reminders."
            ),
        ),
        "web": ListedCommand(
            "admin.web",
            N_(
                "Passwords for the browser, calendar feeds, and tokens of other programs.\n"
                "Where [web] in the settings names an address, the service answers there."
            ),
        ),
        "log": ListedCommand(
            "admin.store", N_("Show who did what and when, as it was recorded; latest last.")
        ),
        "verify": ListedCommand(
            "admin.store",
            N_("Look at every byte of the store: chain of changes, archives, and what you saw of it before."),
        ),
        "backup": ListedCommand(
            "admin.store",
            N_(
                "Write store, settings, plugins and calendars into one new file; others may go on working.\n"
                "Without a file a regular backup is made in the folder of [backup], checked by a restore into a "
                "scratch folder, and the oldest ones go."
            ),
        ),
        "restore": ListedCommand(
            "admin.store", N_("Put a backup into a deployment whose store is empty; it is verified first.")
        ),
        "erase": ListedCommand(
            "admin.store",
            N_("Erase a person's, vehicle's or contract's data for good, its past included; figures stay."),
        ),
        "migrate": ListedCommand(
            "admin.transfer",
            N_(
                "Copy the whole store, its history included, to PostgreSQL or into a folder.\n"
                "Nobody may write meanwhile. What was cut off goes on where it stopped. In the end both sides are "
                "counted and compared; the settings are not changed."
            ),
        ),
        "export": ListedCommand(
            "admin.transfer", N_("Write the whole store, its history included, as JSON lines into a file.")
        ),
        "import": ListedCommand(
            "admin.transfer",
            N_(
                "Read what sla export wrote into a deployment whose store is empty.\n"
                "What was cut off goes on where it stopped. In the end everything is counted and compared."
            ),
        ),
        "pg": ListedCommand("admin.postgres", N_("Set up the PostgreSQL database that keeps everything.")),
    },
}

COMMANDS = {name: listed for commands in SECTIONS.values() for name, listed in commands.items()}
