#!/usr/bin/env node
// Writes the API reference, docs/api/, from the docstrings. Ends with an error where one is missing; `--check` only looks.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Application, ReflectionKind } from 'typedoc';
import { entriesOf, root } from './entries.mjs';

process.chdir(root);
const worlds = { page: 'src', worker: 'sw', origin: 'server' };

const options = (name, world) => ({
  entryPoints: entriesOf(world).map(({ source }) => source),
  tsconfig: `${world}/tsconfig.json`,
  out: `docs/api/${name}`,
  name: `API: the ${name}`,
  plugin: ['typedoc-plugin-markdown'],
  readme: 'none',
  router: 'module',
  entryFileName: 'README',
  disableSources: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  excludeExternals: true,
  excludePrivate: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  enumMembersFormat: 'table',
  typeDeclarationFormat: 'table',
  logLevel: 'Error',
});

const kinds =
  ReflectionKind.Function |
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.TypeAlias |
  ReflectionKind.Variable;
const members = ReflectionKind.Property | ReflectionKind.Method;

/** What needs a docstring: each export, and each member of an exported interface. */
const needsWords = (each) =>
  !each.flags.isExternal &&
  !each.flags.isInherited &&
  (each.kindOf(kinds) || (each.kindOf(members) && each.parent?.kindOf(ReflectionKind.Interface)));
const hasWords = (each) =>
  each.hasComment() ||
  each.signatures?.some((one) => one.hasComment()) ||
  each.type?.declaration?.signatures?.some((one) => one.hasComment());

/** Of two headings with one text, the plugin numbers also one that it does not write: links lead to the first then. */
function mend(file) {
  const text = readFileSync(file, 'utf8');
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading.toLowerCase());
  const mended = text.replace(/\(#([a-z]+)-(\d+)\)/g, (link, name, number) => {
    const times = headings.filter((heading) => heading === name).length;
    return times > 0 && times <= Number(number) ? `(#${name})` : link;
  });
  if (mended !== text) writeFileSync(file, mended);
}

const gaps = [];
const check = process.argv.includes('--check');
if (!check) rmSync('docs/api', { recursive: true, force: true });
for (const [name, world] of Object.entries(worlds)) {
  const app = await Application.bootstrapWithPlugins(options(name, world));
  const project = await app.convert();
  if (!project) throw new Error(`the ${name} does not compile`);
  for (const each of Object.values(project.reflections))
    if (needsWords(each) && !hasWords(each)) gaps.push(`${world}: ${each.getFullName()}`);
  if (!check) await app.generateOutputs(project);
}
if (!check)
  for (const file of readdirSync('docs/api', { recursive: true })) if (file.endsWith('.md')) mend(`docs/api/${file}`);
for (const gap of [...new Set(gaps)]) console.error(`no docstring: ${gap}`);
process.exitCode = gaps.length > 0 ? 1 : 0;
