import { createNginxFilesPurger } from '../../server/purge/nginx';
import { startNginx } from './chain';
import { describeEdge } from './suite';

describeEdge('nginx', async (originPort, port) => {
  const { program, cachePath, remove } = await startNginx(originPort, port);
  return {
    purgers: [createNginxFilesPurger({ cachePath })],
    close: async () => {
      await program.stop();
      await remove();
    },
  };
});
