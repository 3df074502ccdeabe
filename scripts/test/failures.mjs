// Formats the failures in the test runners' JSON reports as short plain text without colour codes.

/** Maximum number of lines of one failure. */
const MAX_LINES = 40;
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g');

export const plain = (text) => text.replace(ESCAPES, '');

function shortened(text) {
  const lines = plain(text).trim().split('\n');
  const rest = lines.length - MAX_LINES;
  return [...lines.slice(0, MAX_LINES), ...(rest > 0 ? [`… ${rest} more lines`] : [])];
}

const block = (title, texts) => [`✗ ${title}`, ...texts.flatMap(shortened).map((line) => `    ${line}`)].join('\n');

/** Returns the failures of a Vitest report. Names the file itself if it could not be loaded. */
export function vitestFailures(report) {
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [block(name, [message ?? ''])] : [];
    return failed.map((test) => block(`${name} › ${test.fullName}`, test.failureMessages));
  });
}

/** Returns the tests of a Vitest report that passed only when repeated, with their first failures. */
export function vitestUnstable(report) {
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter((test) => test.status === 'passed' && test.failureMessages?.length > 0)
      .map((test) => block(`unstable: ${name} › ${test.fullName}`, test.failureMessages)),
  );
}

/** Formats the specs of a Playwright report for which `choose` returns true. */
function specs(report, choose, prefix = '') {
  const inside = (suite, path) => [
    ...(suite.specs ?? []).filter(choose).map((spec) => {
      const errors = spec.tests.flatMap((test) => test.results.flatMap((result) => result.errors ?? []));
      const title = [...path, spec.title, `[${spec.tests[0]?.projectName}]`].join(' › ');
      return block(
        `${prefix}${spec.file}:${spec.line} ${title}`,
        errors.map((error) => error.message ?? ''),
      );
    }),
    ...(suite.suites ?? []).flatMap((child) => inside(child, [...path, child.title])),
  ];
  return report.suites.flatMap((suite) => inside(suite, []));
}

/** Returns the failures of a Playwright report. */
export const playwrightFailures = (report) => [
  ...specs(report, (spec) => !spec.ok),
  ...report.errors.map((error) => block('playwright', [error.message ?? ''])),
];

/** Returns the tests of a Playwright report that passed only when repeated. */
export const playwrightUnstable = (report) =>
  specs(report, (spec) => spec.tests.some(({ status }) => status === 'flaky'), 'unstable: ');
