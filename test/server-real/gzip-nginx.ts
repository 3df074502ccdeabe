import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { freePort, start, temporaryFolder } from './programs';

/** nginx in front of files, with `gzip on`, as operators run it. */
export interface GzipNginx {
  url: string;
  /** Returns the status of each request whose path has this prefix, in order, from nginx's own log. */
  statuses(prefix: string): Promise<number[]>;
  close(): Promise<void>;
}

/** Serves these files by their paths. */
export async function startGzipNginx(files: Readonly<Record<string, string | Buffer>>): Promise<GzipNginx> {
  const folder = await temporaryFolder();
  await chmod(folder.path, 0o755);
  for (const [path, body] of Object.entries(files)) {
    const file = `${folder.path}/site${path}`;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, body);
  }
  const port = await freePort();
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder.path}/${name};`)
    .join(' ');
  const log = `${folder.path}/access.log`;
  await writeFile(
    `${folder.path}/nginx.conf`,
    `daemon off; ${process.getuid?.() === 0 ? 'user root;' : ''} worker_processes 1; pid ${folder.path}/pid;
    error_log stderr warn; events {}
    http {
      ${temps} log_format short '$status $uri'; access_log ${log} short;
      types { text/html html; text/javascript js; application/vnd.mapbox-vector-tile pbf; application/geo+json geojson; }
      gzip on; gzip_vary on; gzip_types application/vnd.mapbox-vector-tile application/geo+json;
      server { listen 127.0.0.1:${port}; root ${folder.path}/site; index index.html; add_header Cache-Control max-age=60; }
    }`,
  );
  const program = await start('nginx', ['-p', folder.path, '-c', `${folder.path}/nginx.conf`, '-e', 'stderr'], port);
  return {
    url: `http://127.0.0.1:${port}`,
    async statuses(prefix) {
      const lines = (await readFile(log, 'utf8')).trim().split('\n');
      return lines.filter((line) => line.split(' ')[1]?.startsWith(prefix)).map((line) => Number.parseInt(line));
    },
    async close() {
      await program.stop();
      await folder.remove();
    },
  };
}
