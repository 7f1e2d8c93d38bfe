/** The style of the page: light or dark as the reader has it, light on paper, one column on small screens. */
export const style: string = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1c2430; --quiet: #586272; --line: #dde1e8; --bar: #4678d8; --outline: #b3480a;
  --good: #12703a; --good-back: #ddf3e4; --fair: #7c5200; --fair-back: #fdeec9; --poor: #a8201a; --poor-back: #fde2df;
  --s0: #4678d8; --s1: #1d8f86; --s2: #8a63c9; --s3: #c78616; --s4: #c2456f; --s5: #6b7a90; --s6: #4f9a3d; }
@media screen and (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1b2129; --text: #e6eaf0; --quiet: #a0abba; --line: #323b47; --bar: #5d8fec; --outline: #ffae6b;
  --good: #7fdc9f; --good-back: #143524; --fair: #f0c765; --fair-back: #3a2e10; --poor: #ff9c92; --poor-back: #451b18;
  --s0: #5d8fec; --s1: #37b3a8; --s2: #a883e6; --s3: #dd9f35; --s4: #e0638d; --s5: #8b9ab0; --s6: #6cba58; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 16px 48px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0; display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: center; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 0 0 10px; }
h3 { font-size: 15px; margin: 0 0 8px; display: flex; flex-wrap: wrap; gap: 4px 10px; justify-content: space-between; align-items: baseline; overflow-wrap: anywhere; }
p { margin: 0; }
code { font: 0.92em ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; overflow-wrap: anywhere; }
section { margin-top: 28px; }
.lead { color: var(--quiet); margin-top: 6px; overflow-wrap: anywhere; }
.quiet, .note { color: var(--quiet); }
.note { font-size: 13px; margin-top: 6px; }
h2 + .note { margin: -6px 0 10px; }
.chip { display: inline-block; border-radius: 999px; padding: 1px 10px; font-size: 13px; font-weight: 600; white-space: nowrap; }
.stable, .completed { background: var(--good-back); color: var(--good); }
.moderate, .running, .interrupted { background: var(--fair-back); color: var(--fair); }
.large, .failed, .aborted { background: var(--poor-back); color: var(--poor); }
.error { margin-top: 16px; padding: 10px 14px; border-radius: 8px; background: var(--poor-back); color: var(--poor); overflow-wrap: anywhere; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin: 20px 0 0; }
.tiles div, article, .panel { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tiles div { padding: 10px 14px; }
.tiles dt { color: var(--quiet); font-size: 13px; }
.tiles dd { margin: 0; font-size: 20px; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.3; }
.tiles small { display: block; font-size: 13px; font-weight: 400; color: var(--quiet); }
.stack { display: flex; height: 22px; gap: 2px; border-radius: 6px; overflow: hidden; }
.stack span { flex: 1 0 2px; }
.steps { display: flex; flex-wrap: wrap; gap: 4px 22px; list-style: none; margin: 10px 0 0; padding: 0; font-variant-numeric: tabular-nums; }
.key { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 7px; vertical-align: -1px; }
.legend { color: var(--quiet); font-size: 13px; margin: -4px 0 10px; }
.legend .frame { margin-left: 18px; }
.fill { background: var(--bar); }
.frame { border: 2px solid var(--outline); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(320px, 100%), 1fr)); gap: 12px; }
article { padding: 14px; min-width: 0; break-inside: avoid; display: flex; flex-direction: column; }
article > .note { margin-top: auto; padding-top: 6px; }
article svg { display: block; width: 100%; height: auto; }
details { margin-top: 12px; } summary { cursor: pointer; margin-bottom: 10px; }
.bar { fill: var(--bar); } .outline { fill: none; stroke: var(--outline); stroke-width: 1.6; stroke-linejoin: round; }
.grid { stroke: var(--line); } .axis, .mark { stroke: var(--quiet); } .tick { fill: var(--quiet); font-size: 11.5px; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { text-align: left; font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.codes th, .codes td { padding: 7px 14px; border-top: 1px solid var(--line); vertical-align: top; }
.codes thead th { border-top: 0; color: var(--quiet); font-size: 13px; }
.codes thead th { width: 10%; } .codes thead th:first-child { width: 26%; } .codes thead th:last-child { width: auto; }
.codes .example { min-width: 180px; overflow-wrap: anywhere; }
.values { list-style: none; margin: 0; padding: 0; display: grid; gap: 7px; }
.values li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 1px 10px; font-size: 14px; }
.values .value { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .values small { color: var(--quiet); font-size: 13px; }
.track { grid-column: 1 / -1; position: relative; height: 13px; }
.track span { position: absolute; left: 0; top: 0; bottom: 0; border-radius: 3px; min-width: 1px; }
dl { margin: 0; }
section > dl { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 6px 14px; }
section > dl > div { display: grid; grid-template-columns: 130px minmax(0, 1fr); gap: 2px 12px; padding: 5px 0; }
section dt { color: var(--quiet); } section dd { margin: 0; overflow-wrap: anywhere; }
footer { margin-top: 28px; color: var(--quiet); font-size: 13px; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
${Array.from({ length: 7 }, (_, i) => `.step-${i} { background: var(--s${i}); }`).join(' ')}
@media (max-width: 560px) { main { padding: 16px 12px 32px; } .tiles { grid-template-columns: repeat(2, 1fr); } section > dl > div { grid-template-columns: 1fr; }
  .codes, .codes tbody, .codes tr { display: block; } .codes thead { display: none; } .codes tr { border-top: 1px solid var(--line); padding: 8px 12px; } .codes tr:first-child { border-top: 0; }
  .codes th, .codes td { display: inline-block; border: 0; padding: 0 10px 0 0; } .codes .example { display: block; } }
@media print { body { background: none; font-size: 12px; } main { max-width: none; padding: 0; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } section { break-inside: avoid-page; } }
`
