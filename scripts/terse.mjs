// A plugin that removes the sentences of errors from production builds: an error keeps its code and its field, and
// refers to the documentation. The development build (export condition `development`) keeps the sentences.

/** Functions that create errors, with the indices of those arguments that are sentences. */
const SENTENCES = {
  refuse: [2, 3],
  rule: [1],
  text: [1],
  bad: [1, 2],
  badTemplate: [2, 3],
  fail: [0, 1],
  failure: [1, 2],
};

/** Fields of the object that `new TileCacheError()` takes. */
const FIELDS = new Set(['message', 'remedy']);

/** Functions that return a sentence. */
const SAYING = new Set(['meantBy']);

/**
 * Returns true for a literal text, a choice between literals, or a call of a function that returns a sentence. Other values
 * stay in the build.
 */
const isSentence = (node) =>
  node.type === 'TemplateLiteral' ||
  (node.type === 'Literal' && typeof node.value === 'string') ||
  (node.type === 'CallExpression' && SAYING.has(node.callee.name)) ||
  (node.type === 'ConditionalExpression' && isSentence(node.consequent) && isSentence(node.alternate)) ||
  (node.type === 'BinaryExpression' && (isSentence(node.left) || isSentence(node.right)));

function* nodesOf(node) {
  if (Array.isArray(node)) for (const each of node) yield* nodesOf(each);
  else if (node && typeof node.type === 'string') {
    yield node;
    for (const value of Object.values(node)) if (value && typeof value === 'object') yield* nodesOf(value);
  }
}

/** Returns the places of sentences in a parsed module, from the last to the first: `[start, end, replacement]`. */
export function sentences(program) {
  const edits = [];
  for (const node of nodesOf(program)) {
    if (node.type === 'CallExpression' && Object.hasOwn(SENTENCES, node.callee.name ?? '')) {
      for (const index of SENTENCES[node.callee.name]) {
        const argument = node.arguments[index];
        if (argument && isSentence(argument)) edits.push([argument.start, argument.end, 'void 0']);
      }
    } else if (node.type === 'NewExpression' && node.callee.name === 'TileCacheError') {
      const [record] = node.arguments;
      if (record?.type !== 'ObjectExpression') continue;
      for (const property of record.properties) {
        if (property.type === 'Property' && FIELDS.has(property.key.name))
          edits.push([property.start, property.end, `...null`]);
      }
    }
  }
  return edits.sort((a, b) => b[0] - a[0]);
}

/** Creates the plugin. It keeps line breaks, so that source maps stay correct to the line. */
export function terse() {
  return {
    name: 'terse',
    enforce: 'post',
    transform(code, id) {
      if (id.endsWith('/sw/debug/development.ts')) return { code: code.replace('true', 'false'), map: null };
      if (!/\/(src|sw)\/.*\.ts$/.test(id) || !/TileCacheError|refuse|rule\(|text\(|bad|fail/.test(code)) return null;
      let result = code;
      for (const [start, end, replacement] of sentences(this.parse(code))) {
        const lines = code.slice(start, end).split('\n').length - 1;
        result = result.slice(0, start) + replacement + '\n'.repeat(lines) + result.slice(end);
      }
      return { code: result, map: null };
    },
  };
}
