/** Seconds between two reads while Redis does not answer. */
const FIRST_PAUSE = 0.25;
const LONGEST_PAUSE = 10;

/** Reads until it succeeds, so that a publication that was announced meanwhile is not missed until the next one. */
export interface Reading {
  /** Requests a read that starts from now on. */
  request(): void;
  /** Ends the attempts. A later request starts anew. */
  stop(): void;
}

interface ReadingParts {
  /** Reads once, and tells what it read. */
  read: () => Promise<void>;
  sleep: (seconds: number) => Promise<void>;
}

export function createReading({ read, sleep }: ReadingParts): Reading {
  /** The number of reads requested. The read in progress may have started too early for the last request. */
  let asked = 0;
  let done = 0;
  let reading = false;

  async function run(): Promise<void> {
    reading = true;
    for (let wait = FIRST_PAUSE; done < asked;) {
      const from = asked;
      try {
        await read();
        done = Math.max(done, from);
        wait = FIRST_PAUSE;
      } catch {
        await sleep(wait);
        wait = Math.min(LONGEST_PAUSE, wait * 2);
      }
    }
    reading = false;
  }

  return {
    request() {
      asked += 1;
      if (!reading) void run();
    },
    stop: () => void (done = asked),
  };
}
