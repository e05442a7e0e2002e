"""How the page of an evidence pack looks: on a screen by day and by night, and on paper."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --sheet: #ffffff; --ink: #1d2126; --quiet: #5b636e; --rule: #dcd9d1; --wash: #f3f1eb;
  --accent: #24507a; --good: #1f6b43; --bad: #a12b25; --warn: #8a5a00; --quote: #6b4fa0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --sheet: #1b1f24; --ink: #e4e6e9; --quiet: #9aa3ae; --rule: #333a43; --wash: #22272e;
    --accent: #8ab8e6; --good: #74c69a; --bad: #f0918a; --warn: #e0b25c; --quote: #b9a3e6;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 58rem; padding: 2.5rem 1.5rem 5rem; overflow-wrap: anywhere; }
header .over { color: var(--quiet); font-size: .8rem; letter-spacing: .09em; text-transform: uppercase; margin: 0; }
h1 { font: 600 1.75rem/1.25 Charter, "Iowan Old Style", Georgia, "Noto Serif", serif; margin: .2rem 0 .9rem; }
h2 { font: 600 1.2rem/1.3 Charter, "Iowan Old Style", Georgia, "Noto Serif", serif; margin: 2.8rem 0 .8rem;
  padding-top: .7rem; border-top: 1px solid var(--rule); }
h3 { font-size: .95rem; margin: 1.5rem 0 .4rem; }
p { margin: .5rem 0; max-width: 44rem; }
ul, ol { padding-left: 1.3rem; } li { margin: .3rem 0; max-width: 44rem; }
.lead { font-size: 1.06rem; }
.badge { display: inline-block; border: 1.5px solid currentcolor; border-radius: 99px; padding: .05rem .8rem;
  font-size: .95rem; font-weight: 650; vertical-align: .2em; margin-left: .6rem; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); } .quiet { color: var(--quiet); }
.note { border-left: 3px solid var(--accent); background: var(--wash); padding: .6rem .9rem; margin: 1rem 0;
  border-radius: 0 6px 6px 0; max-width: none; }
.note.strong { border-color: var(--good); } .note.care { border-color: var(--warn); }
.note p { max-width: none; }
dl { display: grid; grid-template-columns: minmax(11rem, max-content) 1fr; gap: .28rem 1.2rem; margin: .8rem 0; }
dt { color: var(--quiet); } dd { margin: 0; min-width: 0; }
.small { font-size: .84rem; } .hash, code, pre { font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; }
.hash { font-size: .8rem; color: var(--quiet); }
pre { background: var(--wash); border: 1px solid var(--rule); border-radius: 6px; padding: .8rem; font-size: .78rem;
  line-height: 1.45; white-space: pre-wrap; margin: .6rem 0; }
.foreign { unicode-bidi: isolate; background: var(--wash); border-radius: 4px; padding: 0 .28em;
  box-decoration-break: clone; -webkit-box-decoration-break: clone; border-bottom: 1px dotted var(--quote); }
blockquote { margin: .4rem 0; padding: .35rem .9rem; border-left: 3px solid var(--quote); background: var(--wash);
  border-radius: 0 6px 6px 0; overflow: hidden; white-space: pre-wrap; contain: paint; }
blockquote div { unicode-bidi: isolate; min-height: 1.55em; }
.by { color: var(--quiet); font-size: .84rem; margin: .5rem 0 0; }
.mark { font: .72em ui-monospace, "DejaVu Sans Mono", monospace; border: 1px solid var(--bad); color: var(--bad);
  border-radius: 3px; padding: 0 .2em; margin: 0 .1em; unicode-bidi: isolate; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; margin: .6rem 0; }
th { text-align: left; font-weight: 600; color: var(--quiet); font-size: .8rem; }
th, td { padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--rule); vertical-align: top;
  overflow-wrap: break-word; }
td .hash { overflow-wrap: anywhere; }
.bar { display: block; width: 9rem; height: .55rem; }
.bar .rest { fill: var(--rule); } .bar .part { fill: var(--accent); }
.bar.high .part { fill: var(--bad); }
.timeline { list-style: none; padding: 0; margin: 1rem 0; border-left: 2px solid var(--rule); }
.timeline li { position: relative; padding: 0 0 1.15rem 1.3rem; margin: 0; max-width: none; }
.timeline li::before { content: ""; position: absolute; left: -6px; top: .5rem; width: 10px; height: 10px;
  border-radius: 50%; background: var(--paper); border: 2px solid var(--quiet); }
.timeline li.person::before { background: var(--accent); border-color: var(--accent); }
.timeline li.end::before { background: var(--ink); border-color: var(--ink); }
.timeline .when { color: var(--quiet); font-size: .84rem; display: flex; flex-wrap: wrap; gap: 0 .8rem; }
.timeline .what { font-weight: 500; }
.checks { list-style: none; padding: 0; } .checks li { padding-left: 1.7rem; position: relative; }
.checks li::before { content: "\\2713"; position: absolute; left: .2rem; color: var(--good); font-weight: 700; }
.checks li.open::before { content: "\\2013"; color: var(--warn); }
footer { margin-top: 3rem; padding-top: .8rem; border-top: 1px solid var(--rule);
  color: var(--quiet); font-size: .84rem; }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
@media print {
  :root { --paper: #fff; --sheet: #fff; --ink: #000; --quiet: #444; --rule: #bbb; --wash: #f5f5f5; --accent: #24507a;
    --good: #1f6b43; --bad: #a12b25; --warn: #8a5a00; --quote: #6b4fa0; }
  html { font-size: 10.5pt; color-scheme: light; } body { max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; } .timeline li, tr, .note, blockquote { break-inside: avoid; }
  .scroll { overflow: visible; }
}
"""
"""The whole style sheet: nothing of it is anybody else's, and nothing in it is fetched."""
