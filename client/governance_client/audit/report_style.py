"""How the page of a report looks: as the page of an evidence pack does, and its charts."""

from __future__ import annotations

from typing import Final

from governance_client.audit.pack_style import STYLE as PACK_STYLE

STYLE: Final = (
    PACK_STYLE
    + """
body { max-width: 66rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .8rem; margin: 1.4rem 0; }
.tile { background: var(--sheet); border: 1px solid var(--rule); border-radius: 8px; padding: .7rem .9rem; }
.tile b { display: block; font-size: 1.45rem; font-weight: 650; line-height: 1.2; }
.tile .of { color: var(--quiet); font-size: .8rem; } .tile p { margin: 0; color: var(--quiet); font-size: .84rem; }
td.value { white-space: nowrap; font-weight: 600; width: 11rem; } td.name { width: 15rem; }
td.hash { white-space: normal; font-weight: 400; }
dl.meanings { font-size: .8rem; color: var(--quiet); gap: .1rem 1rem; margin: .2rem 0 1.2rem;
  grid-template-columns: minmax(8rem, max-content) 1fr; }
dl.meanings dt { font-weight: 600; }
figure { margin: 1.2rem 0 1.6rem; } figcaption { font-weight: 600; font-size: .9rem; margin-bottom: .3rem; }
figure p { font-size: .82rem; color: var(--quiet); margin: .3rem 0 0; max-width: none; }
svg.chart { display: block; width: 100%; height: auto; background: var(--sheet); border: 1px solid var(--rule);
  border-radius: 8px; }
svg text { font: 12px system-ui, "Segoe UI", "Noto Sans", sans-serif; fill: var(--quiet); }
svg text.name { fill: var(--ink); } svg text.right { text-anchor: end; } svg text.middle { text-anchor: middle; }
svg .grid { stroke: var(--rule); stroke-width: 1; } svg .axis { stroke: var(--quiet); stroke-width: 1; }
svg .dot { fill-opacity: .55; stroke: var(--sheet); stroke-width: 1; }
.ink-0 { fill: var(--bad); } .ink-1 { fill: var(--warn); } .ink-2 { fill: var(--accent); }
.ink-3 { fill: var(--quiet); }
.ink-4 { fill: var(--good); } .ink-5 { fill: var(--quote); }
ul.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; padding: 0; margin: .4rem 0 0;
  font-size: .82rem; color: var(--quiet); }
ul.legend li { margin: 0; } ul.legend svg { width: .7rem; height: .7rem; margin-right: .35rem; }
@media print { figure, .tile, .tiles { break-inside: avoid; } }
"""
)
"""The whole style sheet: nothing of it is anybody else's, and nothing in it is fetched."""
