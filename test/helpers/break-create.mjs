// Given to the built service by --import: writing the REST body of an action of this name fails as a bug would.
const stringify = JSON.stringify;
JSON.stringify = (value, ...rest) => {
  if (value?.name === "breaks" && "action_timing" in value) throw new TypeError("canary in a message");
  return stringify(value, ...rest);
};
