import { describe, expect, test } from "@jest/globals";
import { toPlainText } from "../../src/contactswing/plain-text.ts";

const plain = (text: string) =>
  toPlainText(text, { token: "canary-token.of~the+caller/==", host: "api.contactswing.zone" });

describe("takes time in proportion to the length of", () => {
  const nasty: Record<string, string> = {
    letters: "a",
    "labels of hosts": "a.",
    "labels with hyphens": "a-b_",
    colons: ":",
    hexadecimals: "a:",
    brackets: "[::",
    schemes: "a+b.c",
    links: "a://",
    "beginnings of tokens": "eyJ-",
    "beginnings of bearer tokens": "bearer ",
    "beginnings of stacks": "\n  at x(",
    "stack lines": " at a(b:1",
    "file names": 'File "',
    tags: "</a ",
    spaces: " ",
    "line ends": "\n",
    "slashes and dots": "/.",
  };

  test.each(Object.keys(nasty))("%s", (name) => {
    const text = (nasty[name] ?? "").repeat(1_048_576 / (nasty[name]?.length ?? 1));
    const startedAt = process.cpuUsage().user;

    for (const variant of [text, `bearer${text}`, `x ${text}!`]) plain(variant);

    // A quadratic pattern takes minutes.
    expect((process.cpuUsage().user - startedAt) / 1e6).toBeLessThan(5);
  });
});
