"""The style sheet of the window, from the colours of one look and the height of a line."""

from __future__ import annotations

from offline_backup_gui.ui.tones import Tones
from offline_backup_gui.words import resources


def style_sheet(look: Tones, line: int) -> str:
    """Write the sheet; `line` is the height of a text line in pixels, all lengths follow it."""
    glyphs = (resources() / "icons" / "control").as_posix()
    shade = "dark" if look.dark else "light"
    glyph = "-dark" if look.dark else ""
    mark = round(line * 1.0)
    return f"""
* {{ outline: none; }}
QToolTip {{ background: {look.card}; color: {look.text}; border: 1px solid {look.border_strong};
    padding: {line // 4}px {line // 3}px; }}
QScrollArea, QScrollArea > QWidget > QWidget#page {{ background: transparent; border: none; }}

QFrame#rail {{ background: {look.rail}; border: none; border-right: 1px solid {look.border}; }}
QFrame#bar {{ background: {look.window}; border: none; border-top: 1px solid {look.border}; }}
QFrame[role="card"] {{ background: {look.card}; border: 1px solid {look.border};
    border-radius: {line // 2}px; }}
QFrame[role="card"][chosen="false"] {{ margin: 1px; }}
QFrame[role="card"][chosen="true"] {{ border: 2px solid {look.accent}; }}
QFrame[role="card"][quiet="true"] {{ background: transparent; }}
QFrame[role="rule"] {{ background: {look.border}; border: none; max-height: 1px; }}
QFrame[role="notice"] {{ border-radius: {line // 3}px; border: 1px solid {look.border};
    background: {look.card}; }}
QFrame[role="notice"][status="good"] {{
    background: {look.good_soft}; border-color: {look.good_soft}; }}
QFrame[role="notice"][status="now"] {{ background: {look.accent_soft};
    border-color: {look.accent_soft}; }}
QFrame[role="notice"][status="caution"] {{ background: {look.caution_soft};
    border-color: {look.caution_soft}; }}
QFrame[role="notice"][status="obstacle"] {{ background: {look.obstacle_soft};
    border-color: {look.obstacle_soft}; }}

QLabel {{ background: transparent; border: none; }}
QLabel[role="subdued"], QLabel[role="small"] {{ color: {look.subdued}; }}
QLabel[role="heading"]:focus {{ border: none; }}
QLabel[status="good"] {{ color: {look.good}; }}
QLabel[status="now"] {{ color: {look.accent}; }}
QLabel[status="caution"] {{ color: {look.caution}; }}
QLabel[status="obstacle"] {{ color: {look.obstacle}; }}
QLabel[role="chip"] {{ border-radius: {line // 2}px; padding: {line // 8}px {line // 2}px;
    background: {look.hover}; color: {look.subdued}; }}
QLabel[role="chip"][status="good"] {{ background: {look.good_soft}; color: {look.good}; }}
QLabel[role="chip"][status="now"] {{ background: {look.accent_soft}; color: {look.accent}; }}
QLabel[role="chip"][status="caution"] {{
    background: {look.caution_soft}; color: {look.caution}; }}
QLabel[role="chip"][status="obstacle"] {{ background: {look.obstacle_soft};
    color: {look.obstacle}; }}
QLabel[role="cell"], QLabel[role="cell-head"] {{ padding: {line // 3}px {line // 2}px; }}
QLabel[role="cell-head"] {{ color: {look.subdued}; }}

QPushButton {{
    background: {look.card}; color: {look.text}; border: 1px solid {look.border_strong};
    border-radius: {line // 3}px; padding: {line * 2 // 5}px {line * 9 // 10}px; }}
QPushButton:hover {{ background: {look.hover}; }}
QPushButton:pressed {{ background: {look.border}; }}
QPushButton:focus {{
    border: 2px solid {look.accent}; padding: {line * 2 // 5 - 1}px {line * 9 // 10 - 1}px; }}
QPushButton:disabled {{
    color: {look.subdued}; border-color: {look.border}; background: {look.window}; }}
QPushButton[kind="primary"] {{ background: {look.accent}; color: {look.on_accent};
    border: 1px solid {look.accent}; }}
QPushButton[kind="primary"]:hover {{
    background: {look.accent_hover}; border-color: {look.accent_hover}; }}
QPushButton[kind="primary"]:focus {{ border: 2px solid {look.text}; }}
QPushButton[kind="primary"]:disabled {{ background: {look.hover}; color: {look.subdued};
    border-color: {look.border}; }}
QPushButton[kind="quiet"] {{ background: transparent; border: 1px solid transparent;
    color: {look.accent}; padding: {line // 4}px {line // 2}px; }}
QPushButton[kind="quiet"]:hover {{ background: {look.hover}; }}
QPushButton[kind="quiet"]:focus {{ border: 2px solid {look.accent};
    padding: {line // 4 - 1}px {line // 2 - 1}px; }}
QPushButton[kind="quiet"]:disabled {{ color: {look.subdued}; }}

QPushButton[kind="step"] {{
    background: transparent; border: 2px solid transparent; text-align: left;
    border-radius: {line // 3}px; padding: 0px; }}
QPushButton[kind="step"]:hover:enabled {{ background: {look.hover}; }}
QPushButton[kind="step"][mark="now"] {{ background: {look.card}; }}
QPushButton[kind="step"]:focus {{ border: 2px solid {look.accent}; }}

QLineEdit, QPlainTextEdit, QSpinBox, QDoubleSpinBox, QComboBox, QDateTimeEdit, QListView,
QListWidget,
QTreeView, QTableView {{ background: {look.field}; color: {look.text};
    border: 1px solid {look.border_strong}; border-radius: {line // 4}px;
    selection-background-color: {look.accent}; selection-color: {look.on_accent}; }}
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QDateTimeEdit {{ min-height: {line * 3 // 2}px;
    padding: {line // 8}px {line // 2}px; }}
QPlainTextEdit {{ padding: {line // 4}px; }}
QLineEdit:focus, QPlainTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus,
QDateTimeEdit:focus, QListView:focus, QListWidget:focus, QTreeView:focus, QTableView:focus {{
    border: 2px solid {look.accent}; }}
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {{
    color: {look.subdued}; border-color: {look.border}; background: {look.window}; }}
QListView::item, QListWidget::item, QTreeView::item {{ padding: {line // 5}px; }}
QListView::item:selected, QListWidget::item:selected, QTreeView::item:selected {{
    background: {look.accent_soft}; color: {look.text}; }}
QComboBox::drop-down, QDateTimeEdit::drop-down {{ border: none; width: {line * 3 // 2}px; }}
QComboBox::down-arrow, QDateTimeEdit::down-arrow {{ image: url({glyphs}/down-{shade}.svg);
    width: {mark}px; height: {mark}px; }}
QComboBox QAbstractItemView {{ background: {look.card}; border: 1px solid {look.border_strong};
    padding: {line // 4}px; }}
QSpinBox::up-button, QDoubleSpinBox::up-button {{
    border: none; width: {line}px; background: transparent; }}
QSpinBox::down-button, QDoubleSpinBox::down-button {{ border: none; width: {line}px;
    background: transparent; }}
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow {{ image: url({glyphs}/up-{shade}.svg);
    width: {mark * 3 // 4}px; height: {mark * 3 // 4}px; }}
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow {{ image: url({glyphs}/down-{shade}.svg);
    width: {mark * 3 // 4}px; height: {mark * 3 // 4}px; }}
QHeaderView::section {{ background: {look.card}; color: {look.subdued}; border: none;
    border-bottom: 1px solid {look.border}; padding: {line // 3}px; }}

QCheckBox, QRadioButton {{ spacing: {line // 2}px; background: transparent; padding: 2px;
    border: 2px solid transparent; border-radius: {line // 4}px; }}
QCheckBox[bare="true"], QRadioButton[bare="true"] {{ spacing: 0px; }}
QCheckBox:focus, QRadioButton:focus {{ border: 2px solid {look.accent}; }}
QCheckBox:disabled, QRadioButton:disabled {{ color: {look.subdued}; }}
QCheckBox::indicator, QTreeView::indicator, QRadioButton::indicator {{
    width: {mark}px; height: {mark}px;
    border: 1px solid {look.border_strong}; background: {look.field}; }}
QCheckBox::indicator, QTreeView::indicator {{ border-radius: {line // 5}px; }}
QRadioButton::indicator {{ border-radius: {(mark + 2) // 2}px; }}
QTreeView::indicator:indeterminate {{ background: {look.accent}; border-color: {look.accent};
    image: url({glyphs}/partial{glyph}.svg); }}
QCheckBox::indicator:checked, QTreeView::indicator:checked {{
    background: {look.accent}; border-color: {look.accent};
    image: url({glyphs}/check{glyph}.svg); }}
QRadioButton::indicator:checked {{ background: {look.accent}; border-color: {look.accent};
    image: url({glyphs}/radio{glyph}.svg); }}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{ border-color: {look.border};
    background: {look.window}; }}
QCheckBox::indicator:checked:disabled {{ background: {look.border_strong}; }}

QProgressBar {{ background: {look.border}; border: none; border-radius: 3px; min-height: 6px;
    max-height: 6px; }}
QProgressBar::chunk {{ background: {look.accent}; border-radius: 3px; }}
QScrollBar:vertical {{ background: transparent; width: {line * 2 // 3}px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: {line * 2 // 3}px; margin: 0; }}
QScrollBar::handle {{
    background: {look.border_strong}; border-radius: {line // 6}px; margin: 3px; }}
QScrollBar::handle:vertical {{ min-height: {line * 2}px; }}
QScrollBar::handle:horizontal {{ min-width: {line * 2}px; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QSplitter::handle {{ background: {look.border}; }}
QMenu {{
    background: {look.card}; border: 1px solid {look.border_strong}; padding: {line // 4}px; }}
QMenu::item {{ padding: {line // 3}px {line}px; border-radius: {line // 5}px; }}
QMenu::item:selected {{ background: {look.accent_soft}; color: {look.text}; }}
{_edges(look) if look.contrast else ""}"""


def _edges(look: Tones) -> str:
    """Give every surface an edge where tints are not allowed."""
    return f"""
QFrame[role="notice"], QLabel[role="chip"] {{ border: 1px solid {look.text}; }}
QPushButton[kind="step"][mark="now"] {{ border: 2px solid {look.text}; }}
QListView::item:selected, QListWidget::item:selected, QTreeView::item:selected {{
    background: {look.accent}; color: {look.on_accent}; }}
"""
