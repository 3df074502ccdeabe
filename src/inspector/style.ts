/** The panel's own style. Pages change it through custom properties and parts. */
export const STYLE = `
:host{
  --_back:#fff;--_text:#1c1f24;--_dim:#555c66;--_line:#0003;--_fill:#1f6feb;--_bad:#b3261e;--_soft:#f3f5f8;
  display:block;box-sizing:border-box;overflow:auto;max-width:100%;
  color:var(--tile-inspector-color,var(--_text));background:var(--tile-inspector-background,var(--_back));
  font:var(--tile-inspector-font,13px/1.45 system-ui,sans-serif);padding:.8em;border:1px solid var(--_line);border-radius:.6em
}
:host([hidden]){display:none}
:host([floating]){
  position:fixed;z-index:1000;inset-block:0 0;inset-inline-end:0;inline-size:min(34rem,100vw);border-radius:0;
  border-block:0;box-shadow:0 0 1.5em #0004
}
@media (max-width:40rem){:host([floating]){inset-block:45vh 0;inline-size:100vw;border-block-start:1px solid var(--_line)}}
*{box-sizing:border-box}
.head{position:sticky;inset-block-start:-.8em;z-index:2;margin:-.8em -.8em 0;padding:.6em .8em .3em;background:var(--tile-inspector-background,var(--_back));display:flex;align-items:center;gap:.6em;justify-content:space-between}
h2{font-size:1.2em;margin:0}h3{font-size:1em;display:inline;margin:0}h4{margin:.6em 0 .2em;font-size:1em}
.said{margin:.4em 0;min-height:1.45em;color:var(--_dim)}
.said[data-bad]{color:var(--_bad)}
[part=section]{border-top:1px solid var(--_line);padding:.5em 0}
summary{cursor:pointer;padding:.3em 0}
.scroll{overflow:auto;max-height:22em;margin:.4em 0}
.scroll:focus-visible,pre:focus-visible,summary:focus-visible,button:focus-visible,input:focus-visible,select:focus-visible{outline:2px solid var(--_fill);outline-offset:2px}
table{border-collapse:collapse;width:100%}
@media (min-width:40.01rem){.log table{min-inline-size:46em}}
.log tbody th,.layers :is(th,td){white-space:nowrap}
.layers :is(th,td){vertical-align:middle}.layers tbody th{overflow-wrap:normal}
.layers :is(tbody th,thead th:first-child){position:sticky;inset-inline-start:0;z-index:1;background:var(--tile-inspector-background,var(--_back))}
.layers table{border-collapse:separate;border-spacing:0}
.layers .actions{flex-wrap:nowrap;margin:0}
.layers caption{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%)}
caption{text-align:start;color:var(--_dim);padding:.2em 0}
th,td{text-align:start;vertical-align:top;padding:.3em .7em .3em 0;border-bottom:1px solid var(--_line);font-weight:400}
thead th{color:var(--_dim);white-space:nowrap}
tbody th{font-weight:600;overflow-wrap:anywhere}
svg{inline-size:7em;block-size:2em;display:block;background:var(--_soft)}
rect{fill:var(--_fill);opacity:.45}polyline{fill:none;stroke:var(--_text);stroke-width:1;vector-effect:non-scaling-stroke}
.actions,.controls,form{display:flex;flex-wrap:wrap;gap:.4em .8em;align-items:center;margin:.3em 0}
.actions{min-inline-size:9em}
label{display:inline-flex;gap:.4em;align-items:center}
form label{flex:1 1 100%}form input{flex:1}
input,select,button{font:inherit;color:inherit;background:var(--_back);border:1px solid var(--_dim);border-radius:.35em;padding:.25em .5em;min-height:2em;max-width:100%;min-width:0}
input[type=checkbox]{min-height:0;inline-size:1.2em;block-size:1.2em;accent-color:var(--_fill)}
input[type=number]{inline-size:7em}
button{cursor:pointer}
button[aria-pressed=true]{background:var(--_fill);color:var(--_back)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15em .8em;margin:.5em 0}
dt{color:var(--_dim)}dd{margin:0;overflow-wrap:anywhere}
.words{margin:.3em 0;padding-inline-start:1.2em}
.words li:first-child{font-weight:600}
pre{overflow:auto;max-height:18em;background:var(--_soft);padding:.6em;margin:.3em 0;font-size:.92em}
meter{inline-size:6em;vertical-align:middle}
@media (prefers-color-scheme:dark){
  :host{--_back:#1c1f24;--_text:#f2f4f7;--_dim:#a9b1bc;--_line:#fff3;--_fill:#7fb3ff;--_bad:#ff8a80;--_soft:#272b32}
}
@media (forced-colors:active){rect{fill:Highlight}polyline{stroke:CanvasText}}`;
