"""Consumer loans (消贷部): ten obligations to finance."""

from sla_dealership.events import CONTRACT, INSTALMENT_CONTRACT_SIGNED
from sla_dealership.fields import amount, choice, reference, text, tick
from sla_dealership.rules import ASSUMED, FINANCE, looked_up, promptly
from sla_tracker import (
    About,
    DayOfMonth,
    Department,
    EventType,
    InDays,
    NthWorkday,
    Obligation,
    OnEvent,
    Recurring,
    Roll,
    Text,
    hookimpl,
)

LOAN = "loan"

LOAN_DISBURSED = EventType(id="loan-disbursed", title=Text("银行放贷", "Loan disbursed"), subject=CONTRACT)
LOAN_PAID_OFF = EventType(id="loan-paid-off", title=Text("客户贷款结清", "Loan paid off"), subject=CONTRACT)
DEPOSIT_REFUND_REQUESTED = EventType(
    id="deposit-refund-requested",
    title=Text("申请退保证金或过户保证金", "Refund or transfer of a deposit requested"),
    subject=CONTRACT,
)
CUSTOMER_DEFAULTED = EventType(
    id="customer-defaulted",
    title=Text("客户违约", "Customer defaulted"),
    subject=CONTRACT,
    fields=(text("arrears", "拖欠情况", "What is overdue", required=False),),
)
NOTARY_FEE_PAID = EventType(
    id="notary-fee-paid", title=Text("支付银行公证费", "Bank notary fee paid"), subject=CONTRACT
)

LOAN_ARCHIVE_ENTRY = Obligation(
    id="loan-archive-entry",
    title=Text(
        "分期客户档案按时录入系统，漏录的协助查询",
        "Instalment customers' files entered in time; look up any that are not",
    ),
    provider=LOAN,
    consumer=FINANCE,
    triggers=(promptly(INSTALMENT_CONTRACT_SIGNED.id), looked_up()),
    evidence=(
        reference("file", "档案编号", "File number"),
        text("finding", "查询结果", "Finding", required=False),
    ),
    guide=Text(
        zh=(
            "**做什么**：签约后把分期客户的档案录入系统，交档案编号；财务查不到的，帮着查出来。\n\n"
            "**财务用来做什么**：每笔分期收款都按档案编号入账，没有档案就挂在往来里。\n\n"
            "**注意**：财务来查的，写明查询结果；确实漏录的，当场补录。"
        ),
        en=(
            "**What to do**: enter the instalment customer's file after signing and hand over its number; what finance "
            "cannot find, help to find.\n\n"
            "**What finance does with it**: books every instalment under that number; without a file the money sits in "
            "suspense.\n\n"
            "**Watch for**: when finance asked, write down what you found; a file that was forgotten is entered then."
        ),
    ),
)

LOAN_DISBURSEMENT_HANDOVER = Obligation(
    id="loan-disbursement-handover",
    title=Text(
        "放贷后移交客户银行卡、存折和放贷信息", "Hand over the customer's card, passbook and loan details"
    ),
    provider=LOAN,
    consumer=FINANCE,
    triggers=(promptly(LOAN_DISBURSED.id),),
    evidence=(
        tick("card", "客户银行卡", "Customer's bank card"),
        tick("passbook", "存折", "Passbook"),
        tick("details", "放贷信息", "Loan details"),
        amount("amount", "放贷金额（元）", "Amount disbursed (yuan)", required=False),
    ),
    guide=Text(
        zh=(
            "**交什么**：客户的银行卡、存折，以及放贷日期、金额、期数。\n\n"
            "**财务用来做什么**：确认贷款到账，安排每月代扣。\n\n"
            "**注意**：卡和存折当面清点签收，不要放在抽屉里过夜。"
        ),
        en=(
            "**Hand over**: the customer's card and passbook, with the loan's date, amount and instalments.\n\n"
            "**What finance does with it**: confirms that the money came in and sets up the monthly collection.\n\n"
            "**Watch for**: count card and passbook together and sign for them; they do not stay in a drawer overnight."
        ),
    ),
)

PAYER_MISMATCH_LOOKUP = Obligation(
    id="payer-mismatch-lookup",
    title=Text("购车人与合同人不符时查客户档案", "Buyer and contract holder differ: look up the file"),
    provider=LOAN,
    consumer=FINANCE,
    triggers=(looked_up(),),
    evidence=(text("finding", "查询结果", "Finding"),),
    guide=Text(
        zh=(
            "**做什么**：记账时购车人和合同人不是同一人，查档案说明两人关系和以谁为准。\n\n"
            "**财务用来做什么**：决定收款记在谁名下，发票开给谁。\n\n"
            "**注意**：只写查到的事实和依据（档案页、证件），不要写估计。"
        ),
        en=(
            "**What to do**: buyer and contract holder are not the same person; look up the file and say how they are "
            "related and whose name counts.\n\n"
            "**What finance does with it**: decides in whose name the payment is booked and the invoice made out.\n\n"
            "**Watch for**: write facts and where they stand (page of the file, identity card), no guesses."
        ),
    ),
)

PAYOFF_VOUCHER = Obligation(
    id="payoff-voucher",
    title=Text("结清客户的银行还款凭证打印件", "Print of the bank repayment voucher after pay-off"),
    provider=LOAN,
    consumer=FINANCE,
    triggers=(promptly(LOAN_PAID_OFF.id),),
    evidence=(tick("voucher", "银行还款凭证打印件", "Printed repayment voucher"),),
    guide=Text(
        zh=(
            "**交什么**：银行打印的结清还款凭证。\n\n"
            "**财务用来做什么**：凭它销欠条、退保证金。\n\n"
            "**注意**：要看得清户名、账号、结清日期；截图不算。"
        ),
        en=(
            "**Hand over**: the repayment voucher as the bank prints it.\n\n"
            "**What finance does with it**: cancels the IOU and refunds the deposit.\n\n"
            "**Watch for**: name, account and pay-off date must be legible; a screenshot is not enough."
        ),
    ),
)

DEPOSIT_TRANSFER_CHECK = Obligation(
    id="deposit-transfer-check",
    title=Text("退保证金、过户保证金前核对过户手续", "Transfer papers checked before a deposit is refunded"),
    provider=LOAN,
    consumer=FINANCE,
    triggers=(promptly(DEPOSIT_REFUND_REQUESTED.id),),
    evidence=(
        tick("registration", "机动车登记证书", "Vehicle registration certificate"),
        tick("licence", "行驶证", "Vehicle licence"),
        tick("mortgage", "抵押解除手续", "Release of the mortgage"),
        tick("identity", "双方身份证复印件", "Copies of both identity cards"),
        tick("contract", "过户合同或发票", "Transfer contract or invoice"),
    ),
    guide=Text(
        zh=(
            "**做什么**：逐项核对过户手续，齐了才打勾。\n\n"
            "**财务用来做什么**：看到全部勾选才退款；钱退出去就追不回来。\n\n"
            "**注意**：缺一项就不要交付，先在备注里写缺什么。"
        ),
        en=(
            "**What to do**: check the transfer papers one by one and tick only what is there.\n\n"
            "**What finance does with it**: refunds only when everything is ticked; money that has gone out does not "
            "come back.\n\n"
            "**Watch for**: one paper missing means do not deliver; write a note that says which."
        ),
    ),
)

DEFAULT_COORDINATION = Obligation(
    id="default-coordination",
    title=Text("对违约客户做协调工作", "Coordinate with customers in default"),
    provider=LOAN,
    consumer=FINANCE,
    triggers=(promptly(CUSTOMER_DEFAULTED.id, workdays=3),),
    evidence=(
        choice(
            "outcome",
            "协调结果",
            "Outcome",
            {
                "paid": Text("已付清", "Paid"),
                "promised": Text("承诺还款", "Payment promised"),
                "refused": Text("拒绝还款", "Payment refused"),
                "unreachable": Text("联系不上", "Not reached"),
            },
            required=False,
        ),
        text("note", "协调情况", "What was agreed"),
    ),
    guide=Text(
        zh=(
            "**做什么**：联系违约客户，谈还款办法，把结果写下来。\n\n"
            "**财务用来做什么**：决定催收、垫付还是走法律程序。\n\n"
            "**注意**：写明谁、何时、怎么说的；客户承诺的日期要具体。"
        ),
        en=(
            "**What to do**: reach the customer, talk about how to pay, write down the outcome.\n\n"
            "**What finance does with it**: decides between dunning, paying in advance and going to court.\n\n"
            "**Watch for**: say who said what and when; a promise needs a date."
        ),
    ),
)

NOTARY_FEE_CLAIM = Obligation(
    id="notary-fee-claim",
    title=Text("客户银行公证费按时报账", "Customers' bank notary fees claimed"),
    provider=LOAN,
    consumer=FINANCE,
    triggers=(OnEvent(event_type=NOTARY_FEE_PAID.id, due=InDays(days=7), assumed=ASSUMED),),
    evidence=(
        tick("receipt", "公证费票据", "Receipt of the notary fee"),
        amount("amount", "金额（元）", "Amount (yuan)", required=False),
    ),
    guide=Text(
        zh=(
            "**交什么**：公证费票据，写上客户姓名和合同号。\n\n"
            "**财务用来做什么**：和向客户代收的公证费对冲。\n\n"
            "**注意**：几个客户开一张票的，附一张明细。"
        ),
        en=(
            "**Hand over**: the receipt of the notary fee with the customer's name and contract number.\n\n"
            "**What finance does with it**: sets it off against the fee collected from the customer.\n\n"
            "**Watch for**: one receipt for several customers needs a list with it."
        ),
    ),
)

LOAN_ARREARS_REPORT = Obligation(
    id="loan-arrears-report",
    title=Text("每月 5 日前报欠款报表（消贷）", "Monthly arrears report by the 5th (loans)"),
    provider=LOAN,
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
            "**交什么**：上月末全部分期客户的欠款报表，按客户列出期数、金额、逾期天数。\n\n"
            "**财务用来做什么**：和应收账款核对，计提坏账；没有它，月结关不了。\n\n"
            "**注意**：5 日当天下班前；逢节假日顺延到下一个工作日。"
        ),
        en=(
            "**Hand over**: the arrears of all instalment customers at the end of last month, with instalments, amount "
            "and days overdue of each.\n\n"
            "**What finance does with it**: reconciles receivables and provides for bad debts; without it the month "
            "cannot be closed.\n\n"
            "**Watch for**: by close on the 5th; on the next workday when that is none."
        ),
    ),
)

LOAN_COMPLETION_DATES = Obligation(
    id="loan-completion-dates",
    title=Text("每月报分期业务办结日期", "Monthly completion dates of instalment business"),
    provider=LOAN,
    consumer=FINANCE,
    triggers=(Recurring(due=NthWorkday(n=-1), about=About.CURRENT, assumed=("day", "about")),),
    evidence=(reference("list", "办结日期清单", "List of completion dates"),),
    opens_before=3,
    guide=Text(
        zh=(
            "**交什么**：本月办结的分期业务清单，每笔写办结日期。\n\n"
            "**财务用来做什么**：按办结日期确认当月的手续费收入。\n\n"
            "**注意**：当月最后一个工作日交；之后才办结的，列到下月。"
        ),
        en=(
            "**Hand over**: the instalment business completed this month, with the date of each.\n\n"
            "**What finance does with it**: recognises the month's commission by these dates.\n\n"
            "**Watch for**: due on the month's last workday; what completes after it goes on next month's list."
        ),
    ),
)

REMITTANCE_MATCHING = Obligation(
    id="remittance-matching",
    title=Text("配合核对汇款客户信息", "Help match remittances to customers"),
    provider=LOAN,
    consumer=FINANCE,
    triggers=(looked_up(),),
    evidence=(reference("matches", "核对清单", "List of matches"),),
    guide=Text(
        zh=(
            "**做什么**：财务收到不知是谁的汇款，帮着对上客户和合同。\n\n"
            "**财务用来做什么**：把挂账的款记到客户名下，免得误催。\n\n"
            "**注意**：每笔写汇款人、金额、对应合同号；对不上的也写明。"
        ),
        en=(
            "**What to do**: finance got money and does not know from whom; match it to a customer and contract.\n\n"
            "**What finance does with it**: books it to the customer, who is then not dunned in error.\n\n"
            "**Watch for**: for each, give payer, amount and contract; name those that match nothing too."
        ),
    ),
)


@hookimpl
def sla_register_departments() -> tuple[Department, ...]:
    """Declare consumer loans."""
    return (Department(id=LOAN, name=Text("消贷部", "Consumer loans")),)


@hookimpl
def sla_register_event_types() -> tuple[EventType, ...]:
    """Declare the events that only consumer loans acts on."""
    return (LOAN_DISBURSED, LOAN_PAID_OFF, DEPOSIT_REFUND_REQUESTED, CUSTOMER_DEFAULTED, NOTARY_FEE_PAID)


@hookimpl
def sla_register_obligations() -> tuple[Obligation, ...]:
    """Declare what consumer loans owes finance."""
    return (
        LOAN_ARCHIVE_ENTRY,
        LOAN_DISBURSEMENT_HANDOVER,
        PAYER_MISMATCH_LOOKUP,
        PAYOFF_VOUCHER,
        DEPOSIT_TRANSFER_CHECK,
        DEFAULT_COORDINATION,
        NOTARY_FEE_CLAIM,
        LOAN_ARREARS_REPORT,
        LOAN_COMPLETION_DATES,
        REMITTANCE_MATCHING,
    )
