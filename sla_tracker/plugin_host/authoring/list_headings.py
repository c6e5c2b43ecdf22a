"""Meanings of the headings in a department's own list, in Chinese and English."""

from __future__ import annotations

import re
import unicodedata

TITLE, CONSUMER, DUE, TRIGGER, EVIDENCE, NOTE = "title", "consumer", "due", "trigger", "evidence", "note"
NUMBER = "number"

_MEANINGS = {
    TITLE: (
        "obligation|duty|duties|what|what is owed|service|task|title|deliverable to provide|report|work"
        "|约定|约定事项|事项|事项名称|工作事项|工作内容|工作任务|内容|提交内容|报送内容|资料名称|报表名称|报表|资料|服务内容|服务事项"
        "|服务项目|名称|项目|任务|做什么|交什么|事务|职责|履约事项"
    ),
    CONSUMER: (
        "to|to whom|owed to|for|for whom|recipient|receiver|customer|internal customer|consumer|department"
        "|receiving department"
        "|接收部门|接收方|接收单位|接收人部门|提交对象|报送对象|服务对象|对象|内部客户|客户部门|客户|交给谁|给谁|交给|报给"
        "|需求部门|收件部门|使用部门|提交部门对象|对接部门"
    ),
    DUE: (
        "due|due by|due date|by when|by|when|deadline|time limit|due when|latest"
        "|时限|期限|时限要求|截止|截止时间|截止日期|完成时间|完成时限|完成期限|提交时间|提交时限|报送时间|报送时限|交付时间|时间要求|时间"
        "|什么时候|何时|最晚时间|期限要求|约定时限"
    ),
    TRIGGER: (
        "trigger|triggered by|frequency|cycle|event|occasion|upon|starts with|how often"
        "|触发|触发事件|触发条件|触发时点|频率|频次|周期|报送周期|起因|起算|起算点|何事之后|业务事件|启动条件"
    ),
    EVIDENCE: (
        "evidence|proof|documents|document|attachment|attachments|papers|what proves it|deliverable|deliverables"
        "|交付材料|材料|材料清单|佐证|佐证材料|附件|所附材料|提交材料|验收材料|交付物|证明|证明材料|单据"
    ),
    NOTE: (
        "note|notes|remark|remarks|comment|comments|guide|instructions|requirements|quality"
        "|备注|说明|要求|注意|注意事项|标准|质量要求|质量标准|指引|具体要求"
    ),
    NUMBER: "no|nr|number|#|序号|编号|序|号",
}
_BY_WORD = {word: meaning for meaning, words in _MEANINGS.items() for word in words.split("|")}
_BESIDE = re.compile(r"[(（\[【].*?[)）\]】]|[*:：.。?？]|\s+(?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff])\s+")


def meaning_of_heading(text: str) -> str:
    """Return what a heading means; "" for an unknown one."""
    plain = unicodedata.normalize("NFKC", text[:60]).casefold()
    return _BY_WORD.get(" ".join(_BESIDE.sub("", plain).split()), "")
