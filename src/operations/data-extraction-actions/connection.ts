import { Directive, Field, ObjectType } from "type-graphql";
import { DataExtractionAction } from "../data-extraction-action/data-extraction-action.ts";

@ObjectType({ simpleResolvers: true, description: "A data extraction action in a list." })
export class DataExtractionActionEdge {
  @Field(() => String, { description: "Opaque; pass it as `after` to continue behind this action." })
  readonly cursor!: string;

  @Field(() => DataExtractionAction, { description: "The action." })
  readonly node!: DataExtractionAction;
}

@Directive("@shareable")
@ObjectType({ simpleResolvers: true, description: "Where a page of a list begins and ends." })
export class PageInfo {
  @Field(() => Boolean, { description: "Whether more may follow; the last page may be empty." })
  readonly hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Whether something precedes this page: true if `after` was given." })
  readonly hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "Cursor of the first edge; null if there is none." })
  readonly startCursor!: string | null;

  @Field(() => String, { nullable: true, description: "Where to continue; null if there is nothing to continue from." })
  readonly endCursor!: string | null;
}

@ObjectType({ simpleResolvers: true, description: "A page of the list of data extraction actions." })
export class DataExtractionActionConnection {
  @Field(() => [DataExtractionActionEdge], { description: "The actions of this page, in ContactSwing's order." })
  readonly edges!: DataExtractionActionEdge[];

  @Field(() => PageInfo, { description: "Where this page begins and ends." })
  readonly pageInfo!: PageInfo;
}
