"""Customer service (客服部): four obligations to finance."""

from sla_dealership.events import VEHICLE, VEHICLE_PATTERNS
from sla_dealership.fields import amount, day, reference, text, tick
from sla_dealership.rules import FINANCE, same_day_on_request
from sla_tracker import Department, EventType, InDays, Obligation, OnEvent, Text, hookimpl

SERVICE = "service"

REGISTRATION_COST_INCURRED = EventType(
    id="registration-cost-incurred",
    title=Text("发生入户、过户或抵押费用", "Registration, transfer or mortgage cost incurred"),
    subject=VEHICLE,
    subject_patterns=VEHICLE_PATTERNS,
)

VEHICLE_COLLECTED = EventType(
    id="vehicle-collected",
    title=Text("从厂家提车", "Vehicle collected from the supplier"),
    subject=VEHICLE,
    subject_patterns=VEHICLE_PATTERNS,
)

VEHICLE_BROUGHT_BACK = EventType(
    id="vehicle-brought-back",
    title=Text("车辆提回公司", "Vehicle brought back"),
    subject=VEHICLE,
    subject_patterns=VEHICLE_PATTERNS,
)

REGISTRATION_COST_CLAIM = Obligation(
    id="registration-cost-claim",
    title=Text("入户、过户、抵押费用一周内报销", "Claim of registration, transfer and mortgage costs"),
    provider=SERVICE,
    consumer=FINANCE,
    triggers=(OnEvent(event_type=REGISTRATION_COST_INCURRED.id, due=InDays(days=7)),),
    evidence=(
        tick("receipts", "票据齐全并已粘贴", "Receipts complete and attached"),
        amount("amount", "报销金额（元）", "Amount claimed (yuan)", required=False),
        reference("claim", "报销单号", "Claim number", required=False),
    ),
    guide=Text(
        zh=(
            "**交什么**：报销单和全部原始票据，一车一单，写明车牌号和费用种类（入户、过户、抵押）。\n\n"
            "**财务用来做什么**：把费用记到这台车的成本里；晚一周，当月单车毛利就不准。\n\n"
            "**注意**：费用发生当天算起，第七天下班前交到；票据丢失要先说明，不要等补齐再报。"
        ),
        en=(
            "**Hand over**: the claim with all original receipts, one claim a vehicle, naming its plate and the kind "
            "of cost (registration, transfer, mortgage).\n\n"
            "**What finance does with it**: books the cost to that vehicle; a week late and the month's margin per "
            "vehicle is wrong.\n\n"
            "**Watch for**: due at close of the seventh day after the cost arose. If a receipt is lost, say so at once "
            "rather than wait for a copy."
        ),
    ),
)

CARD_SLIP = Obligation(
    id="card-slip",
    title=Text("提车次日交刷卡单", "Card-payment slip, the day after collection"),
    provider=SERVICE,
    consumer=FINANCE,
    triggers=(OnEvent(event_type=VEHICLE_COLLECTED.id, due=InDays(days=1)),),
    evidence=(
        tick("slip", "刷卡单原件", "Original card slip"),
        amount("amount", "刷卡金额（元）", "Amount paid by card (yuan)", required=False),
        text("card", "卡号后四位", "Last four digits of the card", required=False),
    ),
    guide=Text(
        zh=(
            "**交什么**：提车时的刷卡单原件，写上车架号。\n\n"
            "**财务用来做什么**：核对当天的刷卡流水并冲减备用金；晚两天就多付一天利息。\n\n"
            "**注意**：一次提几台车，每台一张，不要合在一起写。"
        ),
        en=(
            "**Hand over**: the original card slip of the collection, with the chassis number written on it.\n\n"
            "**What finance does with it**: checks the day's card payments and clears the advance; two days late costs "
            "a day's interest.\n\n"
            "**Watch for**: several vehicles on one trip mean one slip each, never one sum for all."
        ),
    ),
)

VEHICLE_STOCK_IN = Obligation(
    id="vehicle-stock-in",
    title=Text("提回车辆当日车辆和手续入库", "Vehicle and its papers checked into stock the same day"),
    provider=SERVICE,
    consumer=FINANCE,
    triggers=(OnEvent(event_type=VEHICLE_BROUGHT_BACK.id, due=InDays(days=0)),),
    evidence=(
        tick("vehicle", "车辆已入库", "Vehicle in stock"),
        tick("certificate", "合格证", "Certificate of conformity"),
        tick("invoice", "进项发票", "Purchase invoice"),
        tick("keys", "钥匙齐全", "All keys", required=False),
        reference("slip", "入库单号", "Stock-in slip", required=False),
    ),
    guide=Text(
        zh=(
            "**交什么**：车辆开进库房，合格证、发票、钥匙一并交库管，入库单交财务。\n\n"
            "**财务用来做什么**：当天入账；合格证往往还押在银行，少一份就放不了款。\n\n"
            "**注意**：从车辆到公司的时间算起，不是从出发提车算起；下班后到的，下一个工作日内办。"
        ),
        en=(
            "**Hand over**: the vehicle to the store, its certificate, invoice and keys to the storekeeper, the "
            "stock-in slip to finance.\n\n"
            "**What finance does with it**: books it the same day. The certificate often secures a bank loan: one "
            "missing paper and no money is paid out.\n\n"
            "**Watch for**: the clock starts when the vehicle arrives, not when the trip began. Arriving after close "
            "counts as the next workday."
        ),
    ),
)

SERVICE_BANK_ESCORT = Obligation(
    id="service-bank-escort",
    title=Text("陪同财务到银行存款（客服）", "Accompany finance to the bank (customer service)"),
    provider=SERVICE,
    consumer=FINANCE,
    triggers=(same_day_on_request(),),
    evidence=(day("went", "陪同日期", "Day of the escort", required=False),),
    guide=Text(
        zh=(
            "**做什么**：财务有较大现金要存时，派一人陪同往返银行。\n\n"
            "**为什么**：两人同行是现金安全的规定，没有人陪，当天的现金就要留在公司过夜。\n\n"
            "**注意**：当天有效；派不出人请马上说，财务好另找部门。"
        ),
        en=(
            "**What to do**: send one person along to the bank and back when finance has much cash to pay in.\n\n"
            "**Why**: two people go together, that is the rule for cash; without an escort the day's cash stays in the "
            "house overnight.\n\n"
            "**Watch for**: it means today. If nobody can go, say so at once, so that finance can ask elsewhere."
        ),
    ),
)


@hookimpl
def sla_register_departments() -> tuple[Department, ...]:
    """Declare customer service."""
    return (Department(id=SERVICE, name=Text("客服部", "Customer service")),)


@hookimpl
def sla_register_event_types() -> tuple[EventType, ...]:
    """Declare the events that only customer service acts on."""
    return (REGISTRATION_COST_INCURRED, VEHICLE_COLLECTED, VEHICLE_BROUGHT_BACK)


@hookimpl
def sla_register_obligations() -> tuple[Obligation, ...]:
    """Declare what customer service owes finance."""
    return (REGISTRATION_COST_CLAIM, CARD_SLIP, VEHICLE_STOCK_IN, SERVICE_BANK_ESCORT)
