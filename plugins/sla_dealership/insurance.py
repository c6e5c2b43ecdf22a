"""Insurance (保险部): seven obligations to finance."""

from sla_dealership.events import VEHICLE, VEHICLE_PATTERNS
from sla_dealership.fields import YES_NO, amount, choice, day, reference, tick
from sla_dealership.rules import FINANCE, promptly, same_day_on_request
from sla_tracker import (
    About,
    DayOfMonth,
    Department,
    EventType,
    Field,
    Obligation,
    Recurring,
    Roll,
    Text,
    hookimpl,
)

INSURANCE = "insurance"

POLICY = Text("保单号", "Policy number")

OWNERSHIP_TRANSFER_REQUESTED = EventType(
    id="ownership-transfer-requested",
    title=Text("客户申请过户", "Transfer of ownership requested"),
    subject=VEHICLE,
    subject_patterns=VEHICLE_PATTERNS,
)
POLICY_ISSUED = EventType(id="policy-issued", title=Text("保险出单", "Policy issued"), subject=POLICY)
CLAIM_SETTLED = EventType(id="claim-settled", title=Text("理赔结案", "Claim settled"), subject=POLICY)
REPAIR_SHOP_SETTLEMENT_MADE = EventType(
    id="repair-shop-settlement",
    title=Text("与汽修厂结账", "Settlement with a repair shop"),
    subject=Text("汽修厂和结算批次", "Repair shop and batch"),
)
INSURER_SETTLEMENT_MADE = EventType(
    id="insurer-settlement",
    title=Text("与保险公司结账", "Settlement with an insurer"),
    subject=Text("保险公司和结算批次", "Insurer and batch"),
)


def _settlement_sheet(partner_zh: str, partner_en: str) -> tuple[Field, ...]:
    return (
        tick("partner", f"{partner_zh}名称已填", f"Name of the {partner_en} filled in"),
        tick("period", "结算期间已填", "Period filled in"),
        tick("vehicles", "车牌号逐台列明", "Every vehicle listed"),
        tick("signatures", "双方签字盖章", "Signed and stamped by both sides"),
        amount("amount", "结算金额（元）", "Amount settled (yuan)"),
        reference("invoice", "发票号", "Invoice number"),
    )


PREMIUM_ARREARS_CHECK = Obligation(
    id="premium-arrears-check",
    title=Text("过户客户是否欠保费的核实", "Does a customer who transfers ownership owe premium?"),
    provider=INSURANCE,
    consumer=FINANCE,
    triggers=(promptly(OWNERSHIP_TRANSFER_REQUESTED.id),),
    evidence=(
        choice("owes", "是否欠保费", "Is premium owed?", YES_NO),
        amount("amount", "欠费金额（元，不欠写 0）", "Amount owed (yuan; 0 if none)"),
    ),
    guide=Text(
        zh=(
            "**做什么**：过户前核实客户是否欠保费，欠多少。\n\n"
            "**财务用来做什么**：从保证金里扣除欠费后才退款。\n\n"
            "**注意**：不欠也要回复，金额写 0。"
        ),
        en=(
            "**What to do**: before the transfer find out whether the customer owes premium, and how much.\n\n"
            "**What finance does with it**: keeps it back from the deposit before refunding.\n\n"
            "**Watch for**: answer when nothing is owed too, with 0."
        ),
    ),
)

RENEWAL_DATES = Obligation(
    id="renewal-dates",
    title=Text("准确的续保日期", "Accurate policy renewal dates"),
    provider=INSURANCE,
    consumer=FINANCE,
    triggers=(promptly(POLICY_ISSUED.id),),
    evidence=(day("renewal", "续保日期", "Renewal date"),),
    guide=Text(
        zh=(
            "**交什么**：保单的续保日期（到期日）。\n\n"
            "**财务用来做什么**：安排续保押金和代收保费的时间。\n\n"
            "**注意**：以保单为准；交强险和商业险到期日不同的，报早的一个，备注另一个。"
        ),
        en=(
            "**Hand over**: the policy's renewal date.\n\n"
            "**What finance does with it**: plans the renewal deposit and the collection of the premium.\n\n"
            "**Watch for**: take it from the policy itself. When compulsory and commercial cover end on different "
            "days, give the earlier and note the other."
        ),
    ),
)

CLAIM_AMOUNT = Obligation(
    id="claim-amount",
    title=Text("准确的理赔金额，配合及时入账", "Accurate claim amounts, and help booking them"),
    provider=INSURANCE,
    consumer=FINANCE,
    triggers=(promptly(CLAIM_SETTLED.id),),
    evidence=(
        amount("amount", "理赔金额（元）", "Claim amount (yuan)"),
        reference("claim", "赔案号", "Claim number", required=False),
    ),
    guide=Text(
        zh=(
            "**交什么**：结案的理赔金额和赔案号。\n\n"
            "**财务用来做什么**：和保险公司的到账逐笔核对入账。\n\n"
            "**注意**：报实赔金额，不是报案估损。"
        ),
        en=(
            "**Hand over**: the amount of the settled claim and its number.\n\n"
            "**What finance does with it**: matches it with what the insurer pays, case by case.\n\n"
            "**Watch for**: the amount paid, not the estimate at the time of the report."
        ),
    ),
)

REPAIR_SHOP_SETTLEMENT = Obligation(
    id="repair-shop-settlement",
    title=Text("与汽修厂结账，结算单信息完整", "Settlement sheet with a repair shop, complete"),
    provider=INSURANCE,
    consumer=FINANCE,
    triggers=(promptly(REPAIR_SHOP_SETTLEMENT_MADE.id),),
    evidence=_settlement_sheet("汽修厂", "repair shop"),
    guide=Text(
        zh=(
            "**交什么**：与汽修厂的结算单，每一栏都填，附发票。\n\n"
            "**财务用来做什么**：凭单付款，按车核对返点。\n\n"
            "**注意**：金额要和发票一致；缺章的先补章。"
        ),
        en=(
            "**Hand over**: the settlement sheet with the repair shop, every field filled in, with the invoice.\n\n"
            "**What finance does with it**: pays, and checks the commission vehicle by vehicle.\n\n"
            "**Watch for**: sheet and invoice show the same amount; get a missing stamp first."
        ),
    ),
)

INSURER_SETTLEMENT = Obligation(
    id="insurer-settlement",
    title=Text("与保险公司结账，结算单信息完整", "Settlement sheet with an insurer, complete"),
    provider=INSURANCE,
    consumer=FINANCE,
    triggers=(promptly(INSURER_SETTLEMENT_MADE.id),),
    evidence=_settlement_sheet("保险公司", "insurer"),
    guide=Text(
        zh=(
            "**交什么**：与保险公司的结算单，每一栏都填，附发票。\n\n"
            "**财务用来做什么**：核对保费和手续费，确认当月收入。\n\n"
            "**注意**：手续费按出单日期归月，跨月的分开列。"
        ),
        en=(
            "**Hand over**: the settlement sheet with the insurer, every field filled in, with the invoice.\n\n"
            "**What finance does with it**: checks premiums and commission and recognises the month's income.\n\n"
            "**Watch for**: commission belongs to the month the policy was issued in; list two months apart."
        ),
    ),
)

PREMIUM_ARREARS_REPORT = Obligation(
    id="premium-arrears-report",
    title=Text("每月 5 日前报欠款报表（保险）", "Monthly arrears report by the 5th (insurance)"),
    provider=INSURANCE,
    consumer=FINANCE,
    triggers=(
        # "By the 5th": never after it, so a 5th that is no workday moves to the workday before.
        Recurring(
            due=DayOfMonth(day=5, roll=Roll.PRECEDING), about=About.PREVIOUS, assumed=("about", "roll")
        ),
    ),
    evidence=(
        reference("report", "欠款报表", "Arrears report"),
        amount("total", "欠款合计（元）", "Arrears in total (yuan)", required=False),
    ),
    guide=Text(
        zh=(
            "**交什么**：上月末欠保费的客户报表，按客户列出保单号、金额、天数。\n\n"
            "**财务用来做什么**：和代垫保费核对；没有它，月结关不了。\n\n"
            "**注意**：5 日当天下班前；没有欠款也要交，写零。"
        ),
        en=(
            "**Hand over**: the customers who owed premium at the end of last month, with policy, amount and days.\n\n"
            "**What finance does with it**: reconciles premiums paid in advance; without it the month cannot be "
            "closed.\n\n"
            "**Watch for**: by close on the 5th; hand it in when nothing is owed too, at zero."
        ),
    ),
)

INSURANCE_BANK_ESCORT = Obligation(
    id="insurance-bank-escort",
    title=Text("陪同财务到银行存款（保险）", "Accompany finance to the bank (insurance)"),
    provider=INSURANCE,
    consumer=FINANCE,
    triggers=(same_day_on_request(),),
    evidence=(day("went", "陪同日期", "Day of the escort", required=False),),
    guide=Text(
        zh=(
            "**做什么**：财务有较大现金要存时，派一人陪同往返银行。\n\n"
            "**为什么**：两人同行是现金安全的规定。\n\n"
            "**注意**：当天有效；派不出人请马上说，财务好另找部门。"
        ),
        en=(
            "**What to do**: send one person along to the bank and back when finance has much cash to pay in.\n\n"
            "**Why**: two people go together, that is the rule for cash.\n\n"
            "**Watch for**: it means today. If nobody can go, say so at once, so that finance can ask elsewhere."
        ),
    ),
)


@hookimpl
def sla_register_departments() -> tuple[Department, ...]:
    """Declare insurance."""
    return (Department(id=INSURANCE, name=Text("保险部", "Insurance")),)


@hookimpl
def sla_register_event_types() -> tuple[EventType, ...]:
    """Declare the events that only insurance acts on."""
    return (
        OWNERSHIP_TRANSFER_REQUESTED,
        POLICY_ISSUED,
        CLAIM_SETTLED,
        REPAIR_SHOP_SETTLEMENT_MADE,
        INSURER_SETTLEMENT_MADE,
    )


@hookimpl
def sla_register_obligations() -> tuple[Obligation, ...]:
    """Declare what insurance owes finance."""
    return (
        PREMIUM_ARREARS_CHECK,
        RENEWAL_DATES,
        CLAIM_AMOUNT,
        REPAIR_SHOP_SETTLEMENT,
        INSURER_SETTLEMENT,
        PREMIUM_ARREARS_REPORT,
        INSURANCE_BANK_ESCORT,
    )
