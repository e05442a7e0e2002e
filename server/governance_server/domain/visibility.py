"""Visibility: who may know of a decision."""

from __future__ import annotations

from governance import v1


def owns(decision: v1.Decision, actor: v1.Actor) -> bool:
    """Tell whether the actor is the core that proposed the decision."""
    return actor.kind == v1.ACTOR_KIND_CORE and actor.name == decision.core


def visible_to(decision: v1.Decision, actor: v1.Actor) -> bool:
    """Tell whether the actor may know of the decision: a core of its own only, everybody else of all."""
    return actor.kind != v1.ACTOR_KIND_CORE or owns(decision, actor)
