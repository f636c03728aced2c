// Who is notified of an alert, with Alertmanager's own programs (Debian: prometheus-alertmanager).
import { expect, test } from "@jest/globals";
import { findConfigProblems, findReceivers, type Labels, startAlertmanager } from "./helpers/alertmanager.ts";
import { eventually } from "./helpers/process.ts";
import { describeWith } from "./helpers/redis.ts";

const alert = (name: string, severity: "page" | "ticket"): Labels => ({
  alertname: `ContactSwingBff${name}`,
  severity,
  service: "contactswing-bff",
  namespace: "production",
  job: "bff",
});

describeWith(["amtool", "prometheus-alertmanager"], "the example for Alertmanager", () => {
  test("is valid", () => {
    expect(findConfigProblems()).toBe("");
  });

  test("sends pages to whoever is on call, and everything else to the tickets", () => {
    expect(findReceivers(alert("BreakerOpen", "page"))).toEqual(["on-call"]);
    expect(findReceivers(alert("Bug", "ticket"))).toEqual(["tickets"]);
    expect(findReceivers({ ...alert("BreakerOpen", "page"), service: "another" })).toEqual(["tickets"]);
  });

  const followsFromFaults = [
    alert("FaultsBurnFast", "page"),
    alert("FaultsBurnSlowly", "ticket"),
    alert("LatencyBurnsFast", "page"),
    alert("LatencyBurnsSlowly", "ticket"),
    alert("ConnectionsFail", "ticket"),
  ];
  test.each([
    ["Absent", [alert("FaultsBurnFast", "page"), alert("Bug", "ticket")]],
    ["BreakerOpen", followsFromFaults],
    ["IdempotencyStoreDown", followsFromFaults],
    ["TokenKeysUnavailable", followsFromFaults],
  ])("mutes what follows from %s, and nothing of another environment", async (name, following) => {
    const cause = alert(name, "page");
    const elsewhere = following.flatMap((labels) => [
      { ...labels, namespace: "staging" },
      { ...labels, job: "bff-canary" },
    ]);
    const alertmanager = await startAlertmanager();

    await alertmanager.fire([cause, ...following, ...elsewhere]);

    const { active, muted } = await eventually(async () => {
      const current = await alertmanager.read();
      return current.muted.length > 0 && current;
    }, "a muted alert");
    expect(new Set(muted)).toEqual(new Set(following));
    expect(new Set(active)).toEqual(new Set([cause, ...elsewhere]));
  });
});
