#!/usr/bin/env node
// Writes the API reference, docs/api/, from the docstrings. Fails if a docstring is missing, or if that of an option does not
// name a default or a unit. `--check` writes nothing.
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

/** Returns true for an export or a member of an exported interface, which needs a docstring. */
const needsWords = (each) =>
  !each.flags.isExternal &&
  !each.flags.isInherited &&
  (each.kindOf(kinds) || (each.kindOf(members) && each.parent?.kindOf(ReflectionKind.Interface)));
const hasWords = (each) =>
  each.hasComment() ||
  each.signatures?.some((one) => one.hasComment()) ||
  each.type?.declaration?.signatures?.some((one) => one.hasComment());

/** Returns the interface that declares a member, even of a nested object; `undefined` for a parameter of a function. */
const ownerOf = (each) => {
  if (!each || each.kindOf(ReflectionKind.SomeSignature)) return undefined;
  return each.kindOf(ReflectionKind.Interface) ? each : ownerOf(each.parent);
};
/** Returns true for an optional member of an interface `…Options`. Its docstring must name the default. */
const isOption = (each) =>
  each.kindOf(ReflectionKind.Property) && each.flags.isOptional && /Options$/.test(ownerOf(each)?.name ?? '');
const tagsOf = (each) => each.comment?.blockTags.map(({ tag }) => tag) ?? [];
const textOf = (each) =>
  [each.comment?.summary, ...(each.comment?.blockTags.map(({ content }) => content) ?? [])]
    .flatMap((parts) => parts ?? [])
    .map(({ text }) => text)
    .join(' ');
const isNumber = ({ type }) =>
  type?.type === 'intrinsic'
    ? type.name === 'number'
    : type?.type === 'union' && type.types.some((one) => one.type === 'intrinsic' && one.name === 'number');
/** The words that name the unit of a number. */
const UNIT =
  /\b(milliseconds?|seconds?|minutes?|hours?|days?|bytes?|kilobytes?|megabytes?|tiles?|requests?|entries|layers?|zooms?|levels?|pixels?|degrees?|share|ratio|factor|port|times|visitors?|views?|rows?|files?|archives?|clients?|connections?|messages?|streams?|ids)\b/i;

/**
 * Corrects links to numbered headings that the plugin does not write: makes them lead to the first heading with that text.
 */
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
    if (needsWords(each) && !hasWords(each)) gaps.push(`${world}: ${each.getFullName()} has no docstring`);
  for (const each of Object.values(project.reflections).filter(isOption)) {
    if (!tagsOf(each).includes('@default')) gaps.push(`${world}: ${each.getFullName()} says no default`);
    if (isNumber(each) && !UNIT.test(textOf(each))) gaps.push(`${world}: ${each.getFullName()} says no unit`);
  }
  if (!check) await app.generateOutputs(project);
}
if (!check)
  for (const file of readdirSync('docs/api', { recursive: true })) if (file.endsWith('.md')) mend(`docs/api/${file}`);
for (const gap of [...new Set(gaps)]) console.error(gap);
process.exitCode = gaps.length > 0 ? 1 : 0;
