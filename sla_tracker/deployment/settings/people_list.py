"""Reads people from a sheet of staff, and compares them with the settings."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from sla_tracker.config.sections.people import ADDRESS, PERSON_ID
from sla_tracker.domain.agreements.obligation import Department
from sla_tracker.domain.clean import clean
from sla_tracker.domain.people import Person, Role
from sla_tracker.domain.sheets import Cell, Row, Sheet, Table, first_table
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import N_, Phrase, UsageError
from sla_tracker.services.authoring.settings_editor import PeopleList, PersonRow
from sla_tracker.services.authoring.unclear import UnclearCell
from sla_tracker.services.imports.rows import RowFate
from sla_tracker.value_class import dataclass

# What the headings of a list of staff mean, by the key of `[[people]]`.
_HEADINGS = {
    "id": "id|person id|人员编号|标识",
    "name": "name|full name|姓名|名字|员工姓名|人员",
    "department": "department|dept|部门|所属部门|所在部门|单位|科室",
    "role": "role|position|角色|权限|职务|岗位|职位",
    "logins": "login|logins|user|user name|username|account|登录名|用户名|账号|系统账号|域账号|登录账号",
    "mail": "mail|e-mail|email|mail address|邮箱|电子邮箱|邮件|邮件地址|邮箱地址",
    "deputy": "deputy|substitute|代理人|代办人|替岗人",
    "language": "language|语言",
}
_BY_WORD = {word: key for key, words in _HEADINGS.items() for word in words.split("|")}
_ROLES = {
    Role.READER: "reader|只读|查看",
    Role.STAFF: "staff|employee|clerk|员工|职员|专员|成员|科员",
    Role.HEAD: "head|head of department|manager|负责人|部门负责人|主任|经理|部长|科长|主管",
    Role.ADMIN: "admin|administrator|管理员|系统管理员",
}
_ROLE_BY_WORD = {word: role for role, words in _ROLES.items() for word in words.split("|")}
NEEDED = 2
"""Known headings that make a row the headings of a list."""


def read_people(
    sheets: Sequence[Sheet], people: Mapping[str, Person], departments: Mapping[str, Department]
) -> PeopleList:
    """Return the first list of staff in the sheets, row by row.

    Raises UsageError without any.
    """
    for sheet in sheets:
        table = None if sheet.hidden else first_table(sheet, _meaning, NEEDED)
        if table is not None and "name" in table.columns:
            reader = _ListReader(table=table, people=people, departments=departments)
            return PeopleList(
                sheet=clean(sheet.name, limit=40),
                used={key: _address_of_heading(table, key) for key in table.columns},
                unused=tuple(clean(text, limit=40) for text in table.unknown.values()),
                rows=tuple(reader.rows()),
            )
    raise UsageError(
        N_("No list of people was found: a row of headings has to name them, such as {zh} or {en}."),
        zh="姓名, 部门, 登录名",
        en="name, department, login",
    )


def _address_of_heading(table: Table, key: str) -> str:
    return Cell(row=table.heading_row, column=table.columns[key]).address


def _meaning(heading: str) -> str:
    plain = " ".join(unicodedata.normalize("NFKC", heading[:60]).casefold().split()).strip(" *:：")
    return _BY_WORD.get(plain, "")


@dataclass(slots=True, kw_only=True)
class _ListReader:
    """Reads row by row and keeps which ids and logins earlier rows have taken."""

    table: Table
    people: Mapping[str, Person]
    departments: Mapping[str, Department]
    _seen: dict[str, int] = field(default_factory=dict)

    def rows(self) -> Iterator[PersonRow]:
        for row in self.table.rows:
            if self._cell(row, "name").text:
                yield self._read(row)

    def _cell(self, row: Row, key: str) -> Cell:
        column = self.table.columns.get(key, 0)
        return row.cell(column) if column else Cell(row=row.number, column=1)

    def _read(self, row: Row) -> PersonRow:
        values: dict[str, object] = {"name": clean(self._cell(row, "name").text)}
        unclear: list[UnclearCell] = []
        for key in ("id", "department", "role", "logins", "mail", "deputy", "language"):
            cell = self._cell(row, key)
            try:
                value = self._value(key, cell)
            except UsageError as problem:
                unclear.append(self._unclear(cell, problem))
            else:
                if value:
                    values[key] = value
        known = self._known(values)
        id = known.id if known else str(values.get("id", "")) or self._new_id(values)
        if id in self._seen:
            first = UsageError(N_("row {row} is the same person"), row=self._seen[id])
            unclear.append(self._unclear(self._cell(row, "name"), first))
        self._seen.setdefault(id, row.number)
        values["id"] = id
        return PersonRow(
            row=row.number, id=id, values=values, unclear=tuple(unclear), fate=_fate(values, known, unclear)
        )

    def _value(self, key: str, cell: Cell) -> object:
        """Return what a cell says for a key; raises UsageError where that is not certain."""
        text = clean(cell.text)
        if not text:
            return None
        match key:
            case "id" if not PERSON_ID.fullmatch(text):
                raise UsageError(N_("“{id}” is no id of a person; write it like wang.fang."), id=text)
            case "mail" if not ADDRESS.fullmatch(text):
                raise UsageError(N_("“{address}” is no mail address."), address=text)
            case "department":
                return self._department(text)
            case "role":
                return _role(text)
            case "logins":
                return [one for one in text.replace("，", ",").replace("、", ",").split(",") if one.strip()]
            case "deputy":
                return self._person(text)
        return text

    def _department(self, text: str) -> str:
        for one in self.departments.values():
            if text.casefold() in {one.id, one.name.zh.casefold(), one.name.en.casefold()}:
                return one.id
        raise unknown_name(text, [one.name.zh or one.id for one in self.departments.values()])

    def _person(self, text: str) -> str:
        found = [one.id for one in self.people.values() if text in {one.id, one.name}]
        if len(found) == 1:
            return found[0]
        raise unknown_name(text, self.people)

    def _known(self, values: Mapping[str, object]) -> Person | None:
        """Return the person of the settings whom a row means.

        A row means a person by id, by login, or by a name that is there once.
        """
        if "id" in values:
            return self.people.get(str(values["id"]))
        logins = values.get("logins")
        named = {str(one) for one in logins} if isinstance(logins, list) else set()
        by_login = [one for one in self.people.values() if named & set(one.logins)]
        by_name = [one for one in self.people.values() if one.name == values["name"]]
        return next((found[0] for found in (by_login, by_name) if len(found) == 1), None)

    def _new_id(self, values: Mapping[str, object]) -> str:
        """Return a free id: the login where it can be one, else the name, surname first."""
        logins = values.get("logins")
        login = str(logins[0]).casefold() if isinstance(logins, list) else ""
        id = login if PERSON_ID.fullmatch(login) else _spelled(str(values["name"]))
        number, free = 1, id
        while free in self.people:
            number += 1
            free = f"{id}.{number}"
        return free

    def _unclear(self, cell: Cell, problem: UsageError) -> UnclearCell:
        reason = Phrase(N_("{problem}"), problem=problem)
        return UnclearCell(sheet=self.table.sheet.name, address=cell.address, text=cell.text, reason=reason)


def _spelled(name: str) -> str:
    """Return a name as an id: 王小芳 becomes wang.xiaofang, Anna Berg anna.berg."""
    if not name.isascii():
        from pypinyin import lazy_pinyin

        syllables = lazy_pinyin(name)
        name = " ".join([*syllables[:1], "".join(syllables[1:])])
    plain = "".join(char if char.isalnum() and char.isascii() else "." for char in name.casefold())
    id = ".".join(part for part in plain.split(".") if part)[:60]
    return id or "person"


def _role(text: str) -> str:
    role = _ROLE_BY_WORD.get(text.casefold())
    if role is None:
        raise unknown_name(text, [words.split("|")[0] for words in _ROLES.values()])
    return role.value


def _fate(values: Mapping[str, object], known: Person | None, unclear: Sequence[UnclearCell]) -> RowFate:
    if unclear:
        return RowFate.DOUBTFUL
    if known is None:
        return RowFate.NEW
    mail = (known.addresses or {}).get("mail")
    present: dict[str, object] = {
        "id": known.id,
        "name": known.name,
        "department": known.department,
        "role": known.role.value,
        "logins": list(known.logins),
        "mail": mail,
        "deputy": known.deputy,
        "language": known.language,
    }
    same = all(present[key] == value for key, value in values.items())
    return RowFate.SAME if same else RowFate.CHANGED
