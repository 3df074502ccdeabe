import type { Begun } from '../versions/state';
import { parsePublication, type Publication } from './publication';
import type { PublishRun } from './publish-run';

/** Returns the record of a run, made before the run does anything. */
export function begunBy(run: PublishRun, version: string, content: string, at: number): Begun {
  const { publication, before, mark } = run;
  const over = before?.revision ?? 0;
  return {
    ...{ mark, layer: publication.layer, version, content, over, at },
    publication: sentAgain(publication),
    ...{ beat: 0, tries: 0 },
  };
}

/** Returns the publication without the boxes and zooms that its list of tiles implies. */
function sentAgain(publication: Publication): Record<string, unknown> {
  if (publication.tiles === undefined) return { ...publication };
  const { bbox: _, boxes: __, zooms: ___, ...rest } = publication;
  return rest;
}

/**
 * Reads a recorded publication, with the version that it has made. Throws `INVALID_MESSAGE` for one that an older
 * release refuses.
 */
export const publicationOf = ({ publication, version }: Begun): Publication => ({
  ...parsePublication({ ...publication }),
  version,
});
