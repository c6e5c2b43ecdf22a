"""Says which limits a benchmark misses, and goes on, so that one run tells all of them."""

MISSED, NOT_MEASURED = "missed: ", "not measured: "
missed: list[str] = []


def at_most(value: float, limit: float, what: str) -> None:
    """Print and keep that a limit is missed, where a value is above it."""
    if value > limit:
        miss(f"{what}: {_number(value)}, at most {_number(limit)}")


def at_least(value: float, limit: float, what: str) -> None:
    """Print and keep that a limit is missed, where a value is below it."""
    if value < limit:
        miss(f"{what}: {_number(value)}, at least {_number(limit)}")


def miss(message: str) -> None:
    """Print and keep the message of a missed limit."""
    missed.append(message)
    print(f"{MISSED}{message}", flush=True)


def not_measured(reason: str) -> None:
    """Print that a part of a benchmark was not measured, and why."""
    print(f"{NOT_MEASURED}{reason}", flush=True)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
