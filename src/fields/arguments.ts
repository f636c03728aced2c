import type { ArgumentMapping, RestRequest } from "../contactswing/rest-operation.ts";
import type { FieldError } from "../failures/failure.ts";
import { isWithin, maxLengthRule, textLimits } from "../validation/text-rules.ts";
import type { DeclaringClass } from "./field-type.ts";
import { listDefaults, listFieldNames } from "./rest-field.ts";
import { toRestObject } from "./rest-json.ts";

/** An argument that becomes a segment of the path: an ID. */
export interface PathParameter {
  readonly kind: "path-parameter";
  readonly restName: string;
}

/** An argument whose fields become those of the request body. */
export interface Body<Input extends object> {
  readonly kind: "body";
  readonly declaring: DeclaringClass<Input>;
}

type ArgumentTable = Readonly<Record<string, PathParameter | Body<object>>>;

type ArgsOf<Table extends ArgumentTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Body<infer Input> ? Input : string;
};

export const pathParameter = (restName: string): PathParameter => ({ kind: "path-parameter", restName });

export const body = <Input extends object>(declaring: DeclaringClass<Input>): Body<Input> => ({
  kind: "body",
  declaring,
});

/** The field of an input that is never sent. */
export const idempotencyKeyField = "idempotencyKey";

/** Maps the arguments of a GraphQL field, as the caller gives them: at most one of them becomes the body. */
export function callerArguments<Table extends ArgumentTable>(table: Table): ArgumentMapping<ArgsOf<Table>> {
  const entries = Object.entries(table);
  const pathParameters = Object.fromEntries(
    entries.flatMap(([name, kind]) => (kind.kind === "path-parameter" ? [[name, kind.restName]] : [])),
  );
  const [bodyEntry] = entries.flatMap(([argument, kind]) =>
    kind.kind === "body" ? [{ argument, declaring: kind.declaring }] : [],
  );

  return {
    isFromCaller: true,
    names: {
      pathParameters,
      ...(bodyEntry && { body: { ...bodyEntry, fields: listFieldNames(bodyEntry.declaring) } }),
    },
    findProblems: (args) => Object.keys(pathParameters).flatMap((name) => findProblems(name, String(args[name]))),
    toRequest(args, keepsNulls): RestRequest {
      const given: Readonly<Record<string, unknown>> = args;
      const values = Object.entries(pathParameters).map(([name, restName]) => [restName, given[name] as string]);
      return {
        pathParameters: Object.fromEntries(values),
        ...(bodyEntry && {
          body: toRestObject(bodyEntry.declaring, given[bodyEntry.argument] as object, keepsNulls),
        }),
      };
    },
    ...(bodyEntry && { bodyClass: bodyEntry.declaring }),
    identify(args) {
      const given: Readonly<Record<string, unknown>> = args;
      if (bodyEntry === undefined) return undefined;
      const { argument, declaring } = bodyEntry;
      const input = given[argument] as Readonly<Record<string, unknown>>;
      const idempotencyKey = input[idempotencyKeyField];
      if (typeof idempotencyKey !== "string") return undefined;
      return {
        idempotencyKey,
        input: { ...given, [argument]: { ...input, [idempotencyKeyField]: undefined } },
        defaults: { [argument]: listDefaults(declaring) },
      };
    },
  };
}

/** Maps what the service itself chooses to send. @param example for the upstream check. */
export function ownArguments<Args extends object>(
  toRequest: (args: Args) => RestRequest,
  example: Args,
): ArgumentMapping<Args> {
  return {
    isFromCaller: false,
    names: { pathParameters: {} },
    findProblems: () => [],
    example,
    toRequest,
    identify: () => undefined,
  };
}

function findProblems(name: string, identifier: string): FieldError[] {
  const { name: rule, ...about } = maxLengthRule(textLimits.identifier);
  return isWithin(identifier, textLimits.identifier) ? [] : [{ path: [name], rule, ...about }];
}
