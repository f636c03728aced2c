import { expect, test } from "@jest/globals";
import { onTestEnd } from "./helpers/cleanup.ts";
import { create } from "./helpers/graphql.ts";
import { eventually, startProcess } from "./helpers/process.ts";
import { startUpstream } from "./helpers/upstream.ts";

const callers = 4;

/** Polls the readiness of each backend and tells whose turn it is, as a load balancer does. */
function startBalancer() {
  const backends = new Map<string, boolean>();
  const ready = () => [...backends.keys()].filter((url) => backends.get(url));
  let turn = 0;
  const polling = setInterval(async () => {
    for (const url of backends.keys()) {
      const { status } = await fetch(`${url}/health/ready`).catch(() => ({ status: 0 }));
      backends.set(url, status === 200);
    }
  }, 50);
  onTestEnd(async () => clearInterval(polling));
  return {
    async add(url: string) {
      backends.set(url, false);
      await eventually(() => ready().includes(url), `${url} to be ready`);
    },
    next: () => ready()[turn++ % ready().length] ?? "",
  };
}

test("no request is lost or sent twice while two processes behind a balancer are restarted one after the other", async () => {
  const nameOf = (body: string): string => JSON.parse(body).name;
  const upstream = await startUpstream(({ body }) => ({ status: 201, body: { data: { action_id: nameOf(body) } } }));
  const balancer = startBalancer();
  const startBehindBalancer = async () => {
    const running = await startProcess({ CONTACTSWING_URL: upstream.url, SHUTDOWN_DELAY_MS: "1500" });
    await balancer.add(running.url);
    return running;
  };
  const old = [await startBehindBalancer(), await startBehindBalancer()];
  const sent: string[] = [];
  const created: string[] = [];
  let isOver = false;
  onTestEnd(async () => {
    isOver = true;
  });
  const load = Array.from({ length: callers }, async () => {
    while (!isOver) {
      const name = `action ${sent.length}`;
      sent.push(name);
      const response = create(balancer.next(), { name, webhook: {} }, { authorization: "Bearer t" });
      created.push(await response.then(({ body }) => body.data.createDataExtractionAction?.action.id, String));
    }
  });
  const isUnderLoad = async () => {
    const before = created.length;
    await eventually(() => created.length >= before + 50);
  };

  await isUnderLoad();
  for (const process of old) {
    await startBehindBalancer();
    process.child.kill("SIGTERM");
    expect(await process.exit).toBe(0);
    await isUnderLoad();
  }
  isOver = true;
  await Promise.all(load);

  expect(created.sort()).toEqual(sent.sort());
  expect(upstream.received.map(({ body }) => nameOf(body)).sort()).toEqual(sent);
}, 90_000);
