import type { Begun } from '../versions/state';
import { parsePublication, type Publication } from './publication';
import type { PublishRun } from './publish-run';

/** A run as it is written down before anything is done for it. */
export function begunBy(run: PublishRun, version: string, content: string, at: number): Begun {
  const { publication, before, mark } = run;
  const over = before?.revision ?? 0;
  return {
    ...{ mark, layer: publication.layer, version, content, over, at },
    publication: sentAgain(publication),
    ...{ beat: 0, tries: 0 },
  };
}

/** A list of tiles says by itself what lies around it. */
function sentAgain(publication: Publication): Record<string, unknown> {
  if (publication.tiles === undefined) return { ...publication };
  const { bbox: _, boxes: __, zooms: ___, ...rest } = publication;
  return rest;
}

/** What was written down, with the version that it had made. Throws `INVALID_MESSAGE` for what an older release refuses. */
export const publicationOf = ({ publication, version }: Begun): Publication => ({
  ...parsePublication({ ...publication }),
  version,
});
