"""Sales (销售部): eight obligations to finance."""

from datetime import time, timedelta

from sla_dealership.events import (
    INSTALMENT_CONTRACT_SIGNED,
    PURCHASE_PAYMENT_MADE,
    SETTLEMENT_SCHEDULED,
    VEHICLE_DELIVERED,
)
from sla_dealership.fields import amount, choice, text, tick
from sla_dealership.rules import ASSUMED, FINANCE, promptly
from sla_tracker import (
    About,
    AtEvent,
    Condition,
    DayOfMonth,
    Department,
    InDays,
    InWorkingTime,
    Obligation,
    OnEvent,
    Recurring,
    Text,
    hookimpl,
)

SALES = "sales"

PAYMENT_SLIP = Obligation(
    id="payment-slip",
    title=Text("购车打款单，内容完整", "Vehicle purchase payment slip, complete"),
    provider=SALES,
    consumer=FINANCE,
    triggers=(promptly(PURCHASE_PAYMENT_MADE.id),),
    evidence=(
        tick("payee", "收款单位已填", "Payee filled in"),
        tick("account", "收款账号已填", "Account filled in"),
        tick("purpose", "款项用途已填", "Purpose filled in"),
        tick("vehicle", "车型和车架号已填", "Model and chassis number filled in"),
        amount("amount", "打款金额（元）", "Amount paid (yuan)"),
    ),
    guide=Text(
        zh=(
            "**交什么**：购车打款单，每一栏都填：收款单位、账号、金额、用途、车型和车架号。\n\n"
            "**财务用来做什么**：凭它记预付账款，并和厂家对账；缺一栏就要退回。\n\n"
            "**注意**：打款当天就填，不要等车到了再补。"
        ),
        en=(
            "**Hand over**: the payment slip with every field filled in: payee, account, amount, purpose, model and "
            "chassis number.\n\n"
            "**What finance does with it**: books the advance and reconciles it with the manufacturer; one empty field "
            "and the slip comes back.\n\n"
            "**Watch for**: fill it in on the day of the payment, not when the vehicle arrives."
        ),
    ),
)

ORDER_AND_DELIVERY_FORMS = Obligation(
    id="order-and-delivery-forms",
    title=Text("客户本人签字的订车单、交车单", "Order and delivery forms, signed by the customer in person"),
    provider=SALES,
    consumer=FINANCE,
    triggers=(promptly(VEHICLE_DELIVERED.id),),
    evidence=(
        tick("order-form", "订车单，客户本人签字", "Order form, signed by the customer"),
        tick("delivery-form", "交车单，客户本人签字", "Delivery form, signed by the customer"),
    ),
    guide=Text(
        zh=(
            "**交什么**：订车单和交车单原件，都由客户本人签字。\n\n"
            "**财务用来做什么**：凭交车单确认收入；代签的单子在纠纷里无效。\n\n"
            "**注意**：别人来提车，要附客户的委托书。"
        ),
        en=(
            "**Hand over**: the originals of the order form and the delivery form, both signed by the customer in "
            "person.\n\n"
            "**What finance does with it**: recognises the revenue; a form that somebody else signed is worth nothing "
            "in a dispute.\n\n"
            "**Watch for**: when somebody else collects the vehicle, attach the customer's written authority."
        ),
    ),
)

DOWN_PAYMENT_RECEIPT = Obligation(
    id="down-payment-receipt",
    title=Text("结账前提醒客户带首付款条", "Remind the customer to bring the down-payment receipt"),
    provider=SALES,
    consumer=FINANCE,
    triggers=(
        OnEvent(
            event_type=SETTLEMENT_SCHEDULED.id, due=InWorkingTime(span=timedelta(hours=-2)), assumed=ASSUMED
        ),
    ),
    evidence=(
        choice(
            "how",
            "怎样提醒的",
            "How the customer was reminded",
            {
                "phone": Text("电话", "By telephone"),
                "message": Text("短信或微信", "By message"),
                "in-person": Text("当面", "In person"),
            },
            required=False,
        ),
    ),
    guide=Text(
        zh=(
            "**做什么**：结账前联系客户，请他带上首付款收条。\n\n"
            "**为什么**：没有收条，结账时首付抵不了，客户要白跑一趟。\n\n"
            "**注意**：结账前至少两个工作小时；改期后要再提醒一次。"
        ),
        en=(
            "**What to do**: call the customer before the settlement and ask for the down-payment receipt.\n\n"
            "**Why**: without the receipt the down payment cannot be set off, and the customer came for nothing.\n\n"
            "**Watch for**: at least two working hours ahead; when the settlement is moved, remind again."
        ),
    ),
)

SETTLEMENT_FILE = Obligation(
    id="settlement-file",
    title=Text("结账时档案齐全", "Complete file at the settlement"),
    provider=SALES,
    consumer=FINANCE,
    triggers=(OnEvent(event_type=SETTLEMENT_SCHEDULED.id, due=AtEvent()),),
    evidence=(
        tick("file", "客户档案齐全", "Customer's file complete"),
        text("missing", "缺什么、何时补", "What is missing, and when it follows", required=False),
    ),
    guide=Text(
        zh=(
            "**交什么**：客户的全套档案：合同、身份证复印件、订车单、首付款条、保险和上牌资料。\n\n"
            "**财务用来做什么**：当场结账开票；少一件就结不了。\n\n"
            "**注意**：期限就是约定的结账时间，头一天先自查一遍。"
        ),
        en=(
            "**Hand over**: the customer's whole file: contract, copy of the identity card, order form, down-payment "
            "receipt, insurance and registration papers.\n\n"
            "**What finance does with it**: settles and invoices on the spot; one paper missing and it cannot.\n\n"
            "**Watch for**: it is due at the very time of the settlement; go through it the day before."
        ),
    ),
)

INSTALMENT_DOCUMENTS = Obligation(
    id="instalment-documents",
    title=Text(
        "分期客户的核算单、欠条、协议", "An instalment customer's calculation sheet, IOU and agreement"
    ),
    provider=SALES,
    consumer=FINANCE,
    triggers=(promptly(INSTALMENT_CONTRACT_SIGNED.id),),
    evidence=(
        tick("calculation", "核算单", "Calculation sheet"),
        tick("iou", "欠条，客户已签字", "IOU, signed"),
        tick("agreement", "分期协议", "Instalment agreement"),
    ),
    guide=Text(
        zh=(
            "**交什么**：核算单、客户签字的欠条、分期协议，三样一起交。\n\n"
            "**财务用来做什么**：登记应收款和每期还款日；没有欠条，欠款无法追。\n\n"
            "**注意**：核算单的金额要和协议一致，先核对再交。"
        ),
        en=(
            "**Hand over**: calculation sheet, signed IOU and instalment agreement, all three together.\n\n"
            "**What finance does with it**: books the receivable and the dates of each instalment; without the IOU a "
            "debt cannot be collected.\n\n"
            "**Watch for**: the sums on the sheet and in the agreement must be the same; compare them first."
        ),
    ),
)

AFTER_HOURS_CASH = Obligation(
    id="after-hours-cash",
    title=Text("17 点后交车的现金处理", "Cash of a delivery after 17:00"),
    provider=SALES,
    consumer=FINANCE,
    triggers=(
        OnEvent(
            event_type=VEHICLE_DELIVERED.id,
            due=InDays(days=0),
            condition=Condition(after=time(17), field="cash", equals="yes"),
        ),
    ),
    evidence=(
        choice(
            "handled",
            "怎样处理的",
            "How it was handled",
            {
                "paid-ahead": Text("客户提前交到财务", "The customer paid finance ahead"),
                "own-card": Text("客户存入本人卡后刷卡", "Paid into the customer's own card, then by card"),
            },
        ),
        amount("amount", "金额（元）", "Amount (yuan)", required=False),
    ),
    guide=Text(
        zh=(
            "**做什么**：17 点后财务已经扎账，不收现金。请客户提前交款，或者存进他自己的卡再刷卡。\n\n"
            "**为什么**：现金不在公司过夜，也不放在销售个人手里。\n\n"
            "**注意**：正好 17:00 不算“17 点后”。预计会晚，上午就和客户说好。"
        ),
        en=(
            "**What to do**: finance has closed the till at 17:00 and takes no cash after it. Ask the customer to pay "
            "ahead, or to pay it into an own card and pay by card.\n\n"
            "**Why**: no cash stays in the house overnight, nor with a member of staff.\n\n"
            "**Watch for**: 17:00 sharp is not after 17:00. When it is going to be late, settle it with the customer "
            "in the morning."
        ),
    ),
)

DECORATION_SHEET = Obligation(
    id="decoration-sheet",
    title=Text("交车后 3 日内出装饰单", "Decoration sheet within 3 days of the delivery"),
    provider=SALES,
    consumer=FINANCE,
    triggers=(OnEvent(event_type=VEHICLE_DELIVERED.id, due=InDays(days=3)),),
    evidence=(
        tick("order-form", "订车单", "Order form"),
        tick("delivery-form", "交车单", "Delivery form"),
        tick("sheet", "装饰单", "Decoration sheet"),
        amount("amount", "装饰金额（元）", "Decoration, amount (yuan)", required=False),
    ),
    guide=Text(
        zh=(
            "**交什么**：装饰单，并附订车单和交车单。\n\n"
            "**财务用来做什么**：三张单对得上，才能区分送的和卖的装饰，给装饰公司结账。\n\n"
            "**注意**：送的项目也要写，金额写零。"
        ),
        en=(
            "**Hand over**: the decoration sheet with the order form and the delivery form.\n\n"
            "**What finance does with it**: only when the three agree can it tell decoration given away from "
            "decoration sold, and pay the workshop.\n\n"
            "**Watch for**: write down what was given away too, at zero."
        ),
    ),
)

MONTHLY_BUSINESS_LIST = Obligation(
    id="monthly-business-list",
    title=Text(
        "每月 1 日中午前报上月业务单并报销上月业务费用", "Last month's business list and expenses, 1st, noon"
    ),
    provider=SALES,
    consumer=FINANCE,
    triggers=(Recurring(due=DayOfMonth(day=1, at=time(12)), about=About.PREVIOUS),),
    evidence=(
        tick("list", "上月业务单", "Last month's business list"),
        tick("claims", "上月业务费用全部报销", "All of last month's business expenses claimed"),
        amount("vehicles", "业务单台数", "Vehicles on the list", required=False),
    ),
    opens_before=3,
    guide=Text(
        zh=(
            "**交什么**：上个月的全部业务单；上个月的业务费用也要全部报完。\n\n"
            "**财务用来做什么**：1 日下午开始结上月的账，少一张单，提成和毛利都要重算。\n\n"
            "**注意**：1 日逢节假日顺延到下一个工作日的中午；月底三天就可以开始整理。"
        ),
        en=(
            "**Hand over**: every business slip of last month; all of last month's business expenses are claimed by "
            "then too.\n\n"
            "**What finance does with it**: closes last month that afternoon; one slip missing, and commissions "
            "and margins are computed twice.\n\n"
            "**Watch for**: when the 1st is no workday, noon of the next one counts. Start in the last three days of "
            "the month."
        ),
    ),
)


@hookimpl
def sla_register_departments() -> tuple[Department, ...]:
    """Declare sales."""
    return (Department(id=SALES, name=Text("销售部", "Sales")),)


@hookimpl
def sla_register_obligations() -> tuple[Obligation, ...]:
    """Declare what sales owes finance."""
    return (
        PAYMENT_SLIP,
        ORDER_AND_DELIVERY_FORMS,
        DOWN_PAYMENT_RECEIPT,
        SETTLEMENT_FILE,
        INSTALMENT_DOCUMENTS,
        AFTER_HOURS_CASH,
        DECORATION_SHEET,
        MONTHLY_BUSINESS_LIST,
    )
