// What the runners' JSON reports say of failures, as plain text: short, and without colour codes.

/** A failure's text never takes the whole screen. */
const MAX_LINES = 40;
const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[A-Za-z]`, 'g');

export const plain = (text) => text.replace(ESCAPES, '');

function shortened(text) {
  const lines = plain(text).trim().split('\n');
  const rest = lines.length - MAX_LINES;
  return [...lines.slice(0, MAX_LINES), ...(rest > 0 ? [`… ${rest} more lines`] : [])];
}

const block = (title, texts) => [`✗ ${title}`, ...texts.flatMap(shortened).map((line) => `    ${line}`)].join('\n');

/** Failures of a Vitest JSON report. A file that fails to load has no tests: it is named itself. */
export function vitestFailures(report) {
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [block(name, [message ?? ''])] : [];
    return failed.map((test) => block(`${name} › ${test.fullName}`, test.failureMessages));
  });
}

/** Tests of a Vitest JSON report that have failed and then passed: they keep what they said at first. */
export function vitestUnstable(report) {
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter((test) => test.status === 'passed' && test.failureMessages?.length > 0)
      .map((test) => block(`unstable: ${name} › ${test.fullName}`, test.failureMessages)),
  );
}

/** The specs of a Playwright JSON report that `choose` takes, as text. */
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

/** Failures of a Playwright JSON report. */
export const playwrightFailures = (report) => [
  ...specs(report, (spec) => !spec.ok),
  ...report.errors.map((error) => block('playwright', [error.message ?? ''])),
];

/** Tests of a Playwright JSON report that have failed and then passed. */
export const playwrightUnstable = (report) =>
  specs(report, (spec) => spec.tests.some(({ status }) => status === 'flaky'), 'unstable: ');
