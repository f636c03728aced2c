import { type GraphQLSchema, isObjectType } from "graphql";
import type { RequestContext } from "../execution/request-context.ts";
import { listFields } from "../fields/rest-field.ts";
import type { Entity, Operation } from "../operations/operation.ts";
import { checkReferences, type EntityReference, readReferenceId } from "./entity-references.ts";

/** The entities of a registry, by the names of their types. */
export function listEntities(operations: readonly Operation[]): ReadonlyMap<string, Entity> {
  return new Map(operations.flatMap(({ entity }) => (entity ? [[entity.declaring.name, entity]] : [])));
}

/** Adds what resolves references to the resolvers of types. */
export function addReferenceResolvers(resolvers: object, entities: ReadonlyMap<string, Entity>): object {
  const types = resolvers as Readonly<Record<string, object>>;
  const entityResolvers = [...entities].map(([typeName, { resolve }]) => {
    const __resolveReference = (reference: EntityReference, context: RequestContext) =>
      resolve(readReferenceId(reference), context);
    return [typeName, { ...types[typeName], __resolveReference }] as const;
  });
  return { ...types, ...Object.fromEntries(entityResolvers) };
}

/** Lets the fields that are declared as details be read when they are selected. */
export function resolveDetails(schema: GraphQLSchema, entities: ReadonlyMap<string, Entity>): void {
  for (const [typeName, { declaring, readDetail }] of entities) {
    const type = schema.getType(typeName);
    const fields = isObjectType(type) ? type.getFields() : {};
    for (const { name, isDetail } of listFields(declaring)) {
      const field = fields[name];
      if (!isDetail || field === undefined) continue;
      field.resolve = (source, _args, context: RequestContext) => readDetail(name, source as never, context);
    }
  }
}

/** Lets `_entities` authenticate and check its references first. */
export function guardReferences(schema: GraphQLSchema, entities: ReadonlyMap<string, Entity>): void {
  const field = schema.getQueryType()?.getFields()._entities;
  const resolveEntities = field?.resolve;
  if (field === undefined || resolveEntities === undefined) return;
  const typeNames = new Set(entities.keys());
  field.resolve = async (source, args: { representations: readonly unknown[] }, context: RequestContext, info) => {
    await context.authenticate();
    checkReferences(args.representations, typeNames);
    return resolveEntities(source, args, context, info);
  };
}
