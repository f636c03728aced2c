import type { Manifest } from "./kubernetes.ts";

type Labels = Readonly<Record<string, string>>;
type Selector = { readonly matchLabels?: Labels };
type Peer = { readonly namespaceSelector?: Selector; readonly podSelector?: Selector };

/** A pod that wants to connect, in a namespace whose only label is its name. */
export interface Pod {
  readonly namespace: string;
  readonly labels?: Labels;
}

/**
 * Whether a NetworkPolicy of a namespace lets a pod connect to a port, by the rules of Kubernetes for selectors with
 * `matchLabels`.
 */
export function admits({ spec }: Manifest, ownNamespace: string, port: string, pod: Pod): boolean {
  const isInNamespace = (selector?: Selector) =>
    selector === undefined
      ? pod.namespace === ownNamespace
      : matches(selector, { "kubernetes.io/metadata.name": pod.namespace });
  const isFrom = ({ namespaceSelector, podSelector }: Peer) =>
    isInNamespace(namespaceSelector) && matches(podSelector, pod.labels);
  const rules: { ports: { port: string }[]; from: Peer[] }[] = spec.ingress;
  return rules.some((rule) => rule.ports.some((allowed) => allowed.port === port) && rule.from.some(isFrom));
}

function matches({ matchLabels = {} }: Selector = {}, labels: Labels = {}): boolean {
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}
