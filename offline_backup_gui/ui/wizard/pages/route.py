"""Page 3: how the data travels: three routes judged, and the published comparison."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QFormLayout, QGridLayout, QLabel, QWidget

from offline_backup_gui.domain.advice import Advice, RouteAdvice
from offline_backup_gui.domain.agent_rules import about_route
from offline_backup_gui.domain.comparison import ROWS, Term
from offline_backup_gui.domain.findings import Finding, Severity
from offline_backup_gui.domain.plan import Draft, Route
from offline_backup_gui.domain.routes import ROUTES
from offline_backup_gui.ui.icons import IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import (
    Card,
    ChoiceCard,
    ChoiceGroup,
    Columns,
    clear,
    row,
    unit,
)
from offline_backup_gui.ui.widgets.facts_table import FactsTable
from offline_backup_gui.ui.widgets.notices import ICON_BY_STATUS, STATUS_BY_SEVERITY, NoticeList
from offline_backup_gui.ui.widgets.texts import plain, set_property, text
from offline_backup_gui.ui.wizard.facts import Facts
from offline_backup_gui.ui.wizard.page import Desk, Page
from offline_backup_gui.words import Words


class RouteCard(ChoiceCard):
    """One route with its verdict, its figures, and what speaks for and against it."""

    def __init__(self, route: Route, desk: Desk) -> None:
        super().__init__(desk.words.term("route", route.value))
        self.route = route
        self._words = desk.words
        self._desk = desk
        self._verdict = text("", "chip", wrap=False)
        self.column.addLayout(row(self._verdict, 1))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(unit(self))
        self._grid.setVerticalSpacing(unit(self) // 4)
        self._values: dict[str, QLabel] = {}
        for line, key in enumerate(("devices", "staging", "shipping", "border", "days", "limit")):
            value = text("", "body")
            self._values[key] = value
            name = text(self._say(key), "subdued", wrap=False)
            self._grid.addWidget(name, line, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, line, 1, Qt.AlignmentFlag.AlignTop)
        self._grid.setColumnStretch(1, 1)
        self.add(self._grid)
        self._told = QGridLayout()
        self._told.setHorizontalSpacing(unit(self) // 2)
        self._told.setVerticalSpacing(unit(self) // 3)
        self.column.addSpacing(unit(self) // 4)
        self.add(self._told)
        self.column.addStretch(1)
        self._shown: RouteAdvice | None = None

    def show_advice(self, advice: RouteAdvice, *, advised: bool) -> None:
        """Show the judgement of the moment."""
        self.set_available(advice.usable)
        self._show_verdict(advice, advised=advised)
        if advice == self._shown:
            return
        self._shown = advice
        for key, value in self._figures(advice).items():
            self._values[key].setText(value)
        clear(self._told)
        for line, (status, sentence, tip) in enumerate(self._lines(advice)):
            icon = IconLabel(ICON_BY_STATUS[status], status, 1.0)
            label = text(sentence, "small")
            set_property(label, "role", "body")
            label.setToolTip(tip)
            self._told.addWidget(icon, line, 0, Qt.AlignmentFlag.AlignTop)
            self._told.addWidget(label, line, 1)
        self._told.setColumnStretch(1, 1)

    def _show_verdict(self, advice: RouteAdvice, *, advised: bool) -> None:
        if advised:
            key, status = "advised", Status.GOOD
        elif not advice.fits:
            key, status = "fits-not", Status.OBSTACLE
        elif not advice.offered:
            key, status = "not-yet", Status.QUIET
        else:
            key, status = "fits", Status.NOW
        self._verdict.setText(self._say(key))
        set_property(self._verdict, "status", status.value)
        self.radio.setAccessibleDescription(self._say(key))

    def _figures(self, advice: RouteAdvice) -> dict[str, str]:
        words, facts = self._words, ROUTES[self.route]
        kind = {Route.DATA_BOX_DISK: "disk", Route.DATA_BOX: "box", Route.IMPORT_EXPORT: "own"}
        staging = words.size(advice.staging_bytes) if advice.staging_bytes else None
        return {
            "devices": self._say(f"devices-{kind[self.route]}", count=advice.devices),
            "staging": staging or self._say("staging-none"),
            "shipping": self._say("ships-customer" if facts.customer_ships else "ships-microsoft"),
            "border": self._say("border-yes" if facts.crosses_borders else "border-no"),
            "days": self._say("days-span", least=advice.days.least, most=advice.days.most),
            "limit": self._say("limit-value", size=words.size(facts.limit_bytes)),
        }

    def _lines(self, advice: RouteAdvice) -> list[tuple[Status, str, str]]:
        """Give what speaks for it, then every finding, heaviest first."""
        words = self._words
        lines = [
            (Status.GOOD, words.text(f"reason.{reason.value}"), "") for reason in advice.reasons
        ]
        order = list(Severity)
        for finding in sorted(advice.findings, key=lambda f: order.index(f.severity)):
            message = words.finding(_named(finding, self._desk))
            status = STATUS_BY_SEVERITY[finding.severity]
            lines.append((status, message.title, f"{message.why}\n{message.do}"))
        return lines

    def _say(self, key: str, **parameters: str | int) -> str:
        return self._words.text(f"wizard.route.{key}", **parameters)


class RoutePage(Page):
    """Where the office is, how fast its line is, and what follows for each route."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.column.addWidget(self._office_card())
        self._routes = tuple(Route)
        self._cards = [RouteCard(route, desk) for route in self._routes]
        self._group = ChoiceGroup(self._cards, self)
        self._group.changed.connect(lambda _index: self.edited.emit())
        self._columns = Columns(self._cards, letters=30)
        self._agent_told = NoticeList(self.words)
        self.column.addWidget(self._agent_told)
        self.column.addWidget(self._columns)
        self.column.addWidget(self._comparison())
        self.column.addStretch(1)

    def _office_card(self) -> Card:
        card = Card()
        self._country = QComboBox()
        self._country.addItem(self.say("route.no-country"), "")
        named = {code: country_name(self.desk, code) for code in self.desk.geography.country_names}
        for code, name in sorted(named.items(), key=lambda item: item[1].casefold()):
            self._country.addItem(name, code)
        self._region = QComboBox()
        self._region.addItem(self.say("route.no-region"), "")
        for name in sorted({region.name for region in self.desk.geography.regions.values()}):
            self._region.addItem(name, name)
        self._line = QDoubleSpinBox()
        self._line.setRange(0, 100_000)
        self._line.setDecimals(1)
        self._line.setSpecialValueText(self.say("route.line-unknown"))
        self._country.currentIndexChanged.connect(lambda _index: self.edited.emit())
        self._region.currentIndexChanged.connect(lambda _index: self.edited.emit())
        self._line.valueChanged.connect(lambda _value: self.edited.emit())
        fields: list[tuple[str, QWidget]] = [
            ("office", self._country),
            ("region", self._region),
            ("line", self._line),
        ]
        cells = []
        for key, field in fields:
            label = QLabel(self.say(f"route.{key}"))
            label.setBuddy(field)
            field.setAccessibleName(plain(label.text()))
            cell = QWidget()
            form = QFormLayout(cell)
            form.setContentsMargins(0, 0, 0, 0)
            form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
            form.addRow(label, field)
            cells.append(cell)
        for box in (self._country, self._region):
            box.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            box.setMinimumContentsLength(12)
        card.add(Columns(cells, letters=20))
        self._line_days = text("", "subdued")
        card.add(self._line_days)
        return card

    def _comparison(self) -> Card:
        card = Card(self.say("route.table-title"), "scales")
        card.add(text(self.say("route.table-note"), "subdued"))
        words = self.words
        rows, tips = [], []
        for item in ROWS:
            cells = ["\n".join(cell_text(words, part) for part in item.cell(r)) for r in Route]
            rows.append([words.text(f"row.{item.key.value}"), *cells])
            tips.append(
                self.say("route.source", document=item.origin.document, date=item.origin.date)
            )
        head = ["", *(words.term("route", route.value) for route in Route)]
        card.add(FactsTable(head, rows, tips, stretches=(2, 3, 3, 3)))
        card.add(text(self.say("route.price-note"), "small"))
        return card

    def show_draft(self, draft: Draft) -> None:
        """Show office, region, line and the chosen route."""
        for box, value in ((self._country, draft.country), (self._region, draft.region)):
            box.blockSignals(True)
            box.setCurrentIndex(max(0, box.findData(value)))
            box.blockSignals(False)
        self._line.blockSignals(True)
        self._line.setValue(draft.line_mbps or 0.0)
        self._line.blockSignals(False)
        route = draft.route
        self._group.select(None if route is None else self._routes.index(route))

    def read(self, draft: Draft) -> Draft:
        """Give the draft with office, region, line and route."""
        chosen = self._group.selected()
        return replace(
            draft,
            country=self._country.currentData(),
            region=self._region.currentData(),
            line_mbps=self._line.value() or None,
            route=None if chosen is None else self._routes[chosen],
        )

    def show_facts(self, draft: Draft, facts: Facts) -> None:
        """Show the advice, the advised route first, and what the agent has against it."""
        agents = facts.agents
        told = about_route(agents, draft.deployment_model, draft.route) if agents else ()
        self._agent_told.show_findings(told)
        advice = facts.advice
        if advice is None:
            return
        self._show_order(advice)
        for card in self._cards:
            card.show_advice(advice.of(card.route), advised=advice.advised is card.route)
        if advice.days_by_line is None:
            self._line_days.setText(self.say("route.line-days-open"))
        else:
            days = self.words.days(advice.days_by_line)
            self._line_days.setText(self.say("route.line-days", days=days))

    def _show_order(self, advice: Advice) -> None:
        by_route = {card.route: card for card in self._cards}
        ordered = [by_route[item.route] for item in advice.routes]
        self._columns.set_widgets(ordered)


def country_name(desk: Desk, code: str) -> str:
    """Name a country in the language of the window; in English when we have no other name."""
    if not code:
        return ""
    key = f"country.{code}"
    if desk.words.has(key):
        return desk.words.text(key)
    return desk.geography.country_names.get(code, code)


def _named(finding: Finding, desk: Desk) -> Finding:
    """Put names in the place of country codes."""
    named = {
        key: country_name(desk, str(value)) if key in ("country", "region_country") else value
        for key, value in finding.parameters.items()
    }
    return replace(finding, parameters=named)


def cell_text(words: Words, part: str | int) -> str:
    """Word one part of a cell of the comparison: a term, a size, or a published name."""
    if isinstance(part, int):
        return words.size(part)
    if isinstance(part, Term):
        return words.term("term", part.value)
    try:
        return words.date(datetime.fromisoformat(part))
    except ValueError:
        return part
