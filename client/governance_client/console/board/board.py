"""The board: keys in, deeds out, and everything that is known drawn anew whenever it changes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from governance import v1
from governance_client.console import refusals
from governance_client.console.board import panes
from governance_client.console.board.cursor import Cursor, Moved
from governance_client.console.board.dialogue import Dialogue, Notice
from governance_client.console.board.foot import Foot
from governance_client.console.board.judging import Judging
from governance_client.console.board.keys import chosen, spelled
from governance_client.console.board.layout import Pane, fits, layout, most_foot
from governance_client.console.board.reading import Reading
from governance_client.console.board.showing import Showing, Told
from governance_client.console.choosing import choose
from governance_client.console.inert import sentence
from governance_client.console.toolbar import toolbar, view
from governance_client.console.typed import words
from governance_client.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from governance_client.console.board.keys import Deed
    from governance_client.console.rendering import Line
    from governance_client.console.talk import Talk

REDRAWN_S: Final = 0.1
"""What only news change is drawn at most so often; a key is answered at once."""
_LEAVING: Final = frozenset({"escape", "c-c"})


class Board:
    """Everything that waits, what is looked at, and what ended, on one screen until it is left."""

    def __init__(self, talk: Talk, now: Callable[[], float] | None = None) -> None:
        """Make a board.

        Args:
            talk: The conversation that it is a part of.
            now: Seconds of a clock that nobody sets; without it, that of the talk's attention.
        """
        self._talk = talk
        self._now = now or talk.attention.now
        self._keys, mistake = chosen(talk.settings.keys)
        self._foot = Foot(self._keys)
        self._reading = Reading(talk.attention)
        self._judging = Judging(talk, self._foot, self._reading)
        self._showing = Showing(self._keys, self._reading)
        self._cursor = Cursor(talk.desk.focus)
        self._rows: Sequence[v1.Decision] = ()
        self._finished = False
        self._frame: tuple[tuple[int, int, int], float, list[Line]] | None = None
        self._again: asyncio.TimerHandle | None = None
        self._start()
        self._foot.say("refused", mistake)

    @property
    def finished(self) -> bool:
        """It has been left."""
        return self._finished

    def draw(self, columns: int, rows: int) -> list[Line]:
        """Return at most so many lines, none wider than that."""
        now_s, revision = self._now(), self._talk.session.replica.revision
        if self._frame is not None:
            (*size, drawn), drawn_s, lines = self._frame
            if size == [columns, rows] and now_s - drawn_s < REDRAWN_S:
                if drawn != revision:
                    self._draw_again(REDRAWN_S - (now_s - drawn_s))
                return lines
        self._follow()
        lines = self._painted(columns, rows)
        self._frame = (columns, rows, revision), now_s, lines
        return lines

    async def press(self, key: str) -> None:
        """Take one key: to the dialogue if there is one, else what the key is for."""
        key = spelled(key)
        self._frame = None
        if self._foot.dialogue is None:
            self._foot.say("", "")
        self._follow()
        match self._foot.dialogue:
            case Notice() as notice:
                if notice.drawn and (key == "enter" or key in _LEAVING):
                    self._foot.dialogue = None
            case Dialogue() as dialogue:
                await self._typed(dialogue, key)
            case None:
                deed = self._keys.deed(key)
                if deed is not None:
                    await self._do(deed)
        self._frame = None

    def paste(self, text: str) -> None:
        """Put what was pasted into a line that is being typed. It answers nothing, and is no key."""
        self._frame = None
        dialogue = self._foot.dialogue
        if not isinstance(dialogue, Dialogue):
            self._foot.say("late", _("What is pasted does nothing on the board."))
        elif dialogue.pace is not None:
            dialogue.notice = _("What is pasted does not answer. Nothing was decided; type it.")
        elif dialogue.drawn:
            dialogue.editor.insert(text)

    def _start(self) -> None:
        """Select what is in focus at the prompt, if that waits; else the first row."""
        self._rows = self._talk.desk.passing(self._talk.you.name)
        if not self._cursor.choose(self._rows, self._talk.desk.focus):
            self._cursor.go(self._rows, 0)

    def _follow(self) -> None:
        """Take note of what has changed: what is selected, and what is asked about."""
        replica = self._talk.session.replica
        if not replica.complete:
            return  # half a snapshot tells nothing of what is gone
        dialogue = self._foot.dialogue
        if isinstance(dialogue, Dialogue) and dialogue.about is not None and not dialogue.busy:
            told = self._judging.gone(dialogue.about)
            if told:
                self._foot.dialogue = Notice(told)
        self._rows = self._talk.desk.passing(self._talk.you.name)
        moved = self._cursor.follow(self._rows)
        if moved is Moved.CHANGED:
            self._foot.say("late", _("The action of what is selected was changed. Look at it again."))
        elif moved is Moved.REPLACED:
            self._tell_replaced(replica.get(self._cursor.lost))

    def _tell_replaced(self, lost: v1.Decision | None) -> None:
        if lost is None:
            return
        if lost.state == v1.DECISION_STATE_PENDING:
            self._foot.say("late", _("The filter hides what was selected. Another took its place."))
        elif self._talk.you.name not in {lost.ending.actor.name, lost.approval.actor.name}:  # else the receipt tells it
            now = refusals.standing(lost, self._talk.now_us)
            self._foot.say("late", _("{now} Another took its place.").format(now=now))

    def _selected(self) -> v1.Decision | None:
        return self._cursor.selected(self._rows)

    def _painted(self, columns: int, rows: int) -> list[Line]:
        if not fits(columns, rows):
            self._foot.unseen()
            return panes.too_small(columns, rows)
        foot = self._foot.lines(columns, most_foot(rows))
        plan = layout(columns, rows, self._showing.wishes(len(foot)))
        self._showing.seen(plan)
        now_us, selected = self._talk.now_us, self._selected()
        contents: dict[Pane, panes.Content] = {}
        for pane, place in plan.panes.items():
            if pane is Pane.PENDING:
                window = self._cursor.window(place.rows - 1, len(self._rows))
                told = self._talk.desk.selection.told()
                contents[pane] = panes.pending(self._rows, window, self._cursor.index, now_us, place.columns, told)
            elif pane is Pane.ACTIVE:
                contents[pane] = self._showing.active(selected, now_us, place)
            else:
                contents[pane] = self._showing.history(self._talk.session.replica.recent(), now_us, place)
        if self._showing.told is not Told.KEYS:
            self._cursor.drawn(self._now())
        header = toolbar(view(self._talk.session, self._talk.desk), columns)
        return [header, *panes.compose(plan, contents, self._showing.focus, columns), *foot]

    def _draw_again(self, after_s: float) -> None:
        """See to it that what was not drawn now is drawn soon."""
        if self._again is None:
            self._again = asyncio.get_running_loop().call_later(after_s, self._redraw)

    def _redraw(self) -> None:
        self._again = None
        if not self._finished:
            self._talk.surface.refresh()

    async def _typed(self, dialogue: Dialogue, key: str) -> None:
        if key in _LEAVING:
            self._judging.leave()
        elif dialogue.busy or not dialogue.drawn:
            return  # nobody can answer what was not on the screen yet
        elif key == "enter":
            await dialogue.answered(dialogue.editor.text)
        elif key == "tab" and dialogue.beside is not None:
            dialogue.beside()
        else:
            dialogue.press(key)

    async def _do(self, deed: Deed) -> None:
        if deed.decisive:
            await self._decide(deed)
            return
        match deed.name:
            case "keys":
                self._showing.toggle(Told.KEYS)
            case "why" if self._showing.told is not Told.KEYS:
                self._showing.toggle(Told.WHY)
            case "open":
                self._showing.open()
            case "history":
                self._showing.toggle_history()
            case "panes":
                self._showing.next_pane()
            case "next":
                self._go_next()
            case "filter":
                self._ask_filter()
            case "quit":
                self._finished = not self._showing.close()
            case _:
                self._move(deed.name)

    async def _decide(self, deed: Deed) -> None:
        """Begin a verdict or the like on what is selected, unless that was not chosen or not read."""
        decision = self._selected()
        if self._showing.told is Told.KEYS:
            self._foot.say(
                "dim",
                _("Nothing is decided while the keys are shown. {key} closes them.").format(key=self._keys.of("keys")),
            )
        elif decision is None:
            self._foot.say("dim", _("Nothing is selected."))
        elif not self._cursor.settled(self._now()):
            self._foot.say("late", _("What is selected has just changed by itself. Look at it, then press it again."))
        elif self._judging.unread(deed.name, decision):
            self._showing.enlarge()
            self._foot.say(
                "late",
                _("Read it first, down to its last line: {forward} goes on. Then {key} asks.").format(
                    forward=self._keys.of("forward"), key=self._keys.of(deed.name)
                ),
            )
        else:
            self._talk.desk.focus = decision.decision_id
            await self._judging.begin(deed.name, decision)

    def _move(self, name: str) -> None:
        """Move in the pane that has the keys; the page goes on and back from any of them."""
        paging = name in {"forward", "backward"}
        direction = -1 if name in {"up", "first", "backward"} else 1
        if self._showing.focus is Pane.PENDING and not paging and self._showing.told is not Told.KEYS:
            places = {"first": 0, "last": len(self._rows) - 1}
            self._cursor.go(self._rows, places.get(name, self._cursor.index + direction))
            self._take_focus()
            return
        scroll = self._showing.ended if self._showing.focus is Pane.HISTORY else self._showing.scroll
        if paging:
            scroll.page(direction)
        elif name in {"first", "last"}:
            scroll.end(direction)
        else:
            scroll.by(direction)

    def _take_focus(self) -> None:
        """What a person selects is what a bare verb means at the prompt."""
        selected = self._selected()
        if selected is not None:
            self._talk.desk.focus = selected.decision_id

    def _go_next(self) -> None:
        found = self._talk.desk.next(self._talk.you, self._talk.now_us)
        if found is None:
            self._foot.say("dim", _("Nothing waits for you to decide it."))
        elif not self._cursor.choose(self._rows, found.decision_id):
            self._foot.say("late", _("The filter hides the most urgent one that you may decide."))

    def _ask_filter(self) -> None:
        def question(width: int) -> Sequence[Line]:
            del width
            return ()

        told = self._talk.desk.selection.told()
        self._foot.dialogue = Dialogue(question, _("show only:"), self._filter, typed=told)

    async def _filter(self, typed: str) -> None:
        try:
            selection = choose([each.text for each in words(typed)])
        except ValueError as error:
            if isinstance(self._foot.dialogue, Dialogue):
                self._foot.dialogue.notice = sentence(str(error))
            return
        self._foot.dialogue = None
        self._talk.desk.choose(selection, self._talk.you.name)
        selected = self._cursor.decision_id
        self._rows = self._talk.desk.passing(self._talk.you.name)
        if not self._cursor.choose(self._rows, selected):
            self._cursor.go(self._rows, 0)
