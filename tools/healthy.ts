/** Ends with code 0 when the server on this machine is ready: what a container asks, which may have no other program. */

const port = Deno.env.get("PAWL_PORT")?.trim() || "8000";
try {
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
  console.log(await response.text());
  Deno.exit(response.ok ? 0 : 1);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
