/** How the documentation looks, by day and by night. */
export const DOCS_STYLE = `
:root { --ground: #fff; --ink: #1b1f24; --quiet: #656d76; --line: #d8dee4; --code: #f3f5f7; --accent: #0b5cad; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #101418; --ink: #dde3ea; --quiet: #8b949e; --line: #2c333b; --code: #191f26; --accent: #6db3ff; }
}
* { box-sizing: border-box; }
body { margin: 0; display: grid; grid-template-columns: 20rem minmax(0, 1fr); background: var(--ground); color: var(--ink);
  font: 15px/1.55 system-ui, sans-serif; }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; padding: 1rem; border-right: 1px solid var(--line); font-size: 13px; }
nav h2 { font-size: 13px; margin: 1.2rem 0 .3rem; color: var(--quiet); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav .name { font-size: 17px; font-weight: 650; color: var(--ink); }
main { padding: 1.5rem 2.5rem 6rem; max-width: 62rem; }
a { color: var(--accent); text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
nav a { display: block; padding: .12rem 0; overflow-wrap: anywhere; }
h1 { margin-top: 0; }
h2.tag { margin-top: 3rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h4 { margin: 1rem 0 .3rem; }
section { padding: .8rem 0 1.4rem; border-bottom: 1px solid var(--line); scroll-margin-top: 1rem; }
section h3 { margin: .4rem 0; overflow-wrap: anywhere; }
section ul { margin: .3rem 0; padding-left: 1.2rem; }
code { font: 13px/1.5 ui-monospace, monospace; background: var(--code); padding: .1em .3em; border-radius: 4px; }
pre { background: var(--code); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem; overflow: auto; }
pre code { background: none; padding: 0; }
b.GET, b.POST, b.PATCH, b.DELETE { font: 600 12px ui-monospace, monospace; }
b.GET { color: #1a7f37; } b.POST { color: var(--accent); } b.PATCH { color: #9a6700; } b.DELETE { color: #cf222e; }
@media (prefers-color-scheme: dark) { b.GET { color: #56d364; } b.PATCH { color: #e3b341; } b.DELETE { color: #ff7b72; } }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid var(--line); padding: .35rem .8rem .35rem 0; vertical-align: top; }
tr:target, section:target { background: var(--code); }
.quiet { color: var(--quiet); }
@media (max-width: 60rem) { body { display: block; } nav { position: static; height: auto; border: 0; } main { padding: 1rem; } }
@media print { nav { display: none; } body { display: block; } }
`;
