import { Directive, Field, ObjectType } from "type-graphql";
import { DataExtractionAction } from "../data-extraction-action/data-extraction-action.ts";

@ObjectType({ simpleResolvers: true, description: "A data extraction action in a list." })
export class DataExtractionActionEdge {
  @Field(() => String, { description: "Opaque cursor; pass it as `after` to get the actions after this one." })
  readonly cursor!: string;

  @Field(() => DataExtractionAction, { description: "The action." })
  readonly node!: DataExtractionAction;
}

@Directive("@shareable")
@ObjectType({ simpleResolvers: true, description: "Information about a page of a list." })
export class PageInfo {
  @Field(() => Boolean, { description: "Whether there may be more items. The last page may be empty." })
  readonly hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Whether there are items before this page: true if `after` was given." })
  readonly hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "Cursor of the first edge; null if there are no edges." })
  readonly startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Cursor to pass as `after` to get the next page; null if there is none.",
  })
  readonly endCursor!: string | null;
}

@ObjectType({ simpleResolvers: true, description: "A page of the list of data extraction actions." })
export class DataExtractionActionConnection {
  @Field(() => [DataExtractionActionEdge], { description: "The actions of this page, in ContactSwing's order." })
  readonly edges!: DataExtractionActionEdge[];

  @Field(() => PageInfo, { description: "Information about this page." })
  readonly pageInfo!: PageInfo;
}
