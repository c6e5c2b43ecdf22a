"""Event types shared by several departments; finance's module declares them."""

from sla_dealership.fields import YES_NO, choice, day, reference, text
from sla_tracker import EventType, Text

VEHICLE = Text("车牌号或车架号", "Number plate or chassis number")
CONTRACT = Text("合同号", "Contract number")
EMPLOYEE = Text("员工姓名", "Employee")
VEHICLE_PATTERNS = ("?@·?????", "?@·??????", "?" * 17)
"""A number plate of any province, one of an electric car, a chassis number; what fits none is asked about."""

VEHICLE_DELIVERED = EventType(
    id="vehicle-delivered",
    title=Text("车辆交付", "Vehicle delivered"),
    subject=VEHICLE,
    subject_patterns=VEHICLE_PATTERNS,
    fields=(
        # Asked for when the delivery was after 17:00; a tick could not tell "no cash" from "nobody looked".
        choice("cash", "是否涉及现金", "Is cash involved?", YES_NO, required=False),
        text("customer", "客户姓名", "Customer", required=False, is_subject=True),
    ),
)

INSTALMENT_CONTRACT_SIGNED = EventType(
    id="instalment-contract-signed",
    title=Text("签订分期合同", "Instalment contract signed"),
    subject=CONTRACT,
    fields=(
        text("customer", "客户姓名", "Customer", required=False, is_subject=True),
        reference(
            "vehicle", "车牌号或车架号", "Number plate or chassis number", required=False, is_subject=True
        ),
    ),
)

SETTLEMENT_SCHEDULED = EventType(
    id="settlement-scheduled",
    title=Text("预约结账", "Settlement scheduled"),
    subject=CONTRACT,
    planned=True,
    fields=(text("customer", "客户姓名", "Customer", required=False, is_subject=True),),
)

PURCHASE_PAYMENT_MADE = EventType(
    id="purchase-payment-made",
    title=Text("购车款已打出", "Vehicle purchase payment made"),
    subject=CONTRACT,
    fields=(text("payee", "收款单位", "Payee", required=False),),
)

PAY_ADJUSTED = EventType(
    id="pay-adjusted",
    title=Text("工资调整", "Pay adjusted"),
    subject=EMPLOYEE,
    fields=(day("effective", "生效日期", "Effective from", required=False),),
)

SHARED = (
    VEHICLE_DELIVERED,
    INSTALMENT_CONTRACT_SIGNED,
    SETTLEMENT_SCHEDULED,
    PURCHASE_PAYMENT_MADE,
    PAY_ADJUSTED,
)
