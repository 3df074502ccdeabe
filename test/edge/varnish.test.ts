import { createVarnishPurger } from '../../server/purge/varnish';
import { EDGE_TOKEN, startVarnish } from './chain';
import { describeEdge } from './suite';

describeEdge('Varnish', async (originPort, port) => {
  const { program, remove } = await startVarnish(originPort, port);
  return {
    purgers: [createVarnishPurger({ instances: [`http://127.0.0.1:${port}`], token: EDGE_TOKEN })],
    close: async () => {
      await program.stop();
      await remove();
    },
  };
});
