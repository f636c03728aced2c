// Preloaded into the service by tests that compare what requests cost: sends its CPU time, of all threads, when asked.
process.on("message", () => process.send?.(process.cpuUsage()));
