/** Replaces the lines between two marks of a document. Throws if the document does not contain the marks. */
export function betweenMarks(document: string, begin: string, end: string, lines: readonly string[]): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error('the document has no marks for the figures');
  return `${document.slice(0, from)}${[begin, '', ...lines, '', end].join('\n')}${document.slice(to + end.length)}`;
}
