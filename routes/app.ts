/** The whole HTTP face: which rooms a request passes, in which order, and where each address leads. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Config } from "../config/config.ts";
import type { Access } from "../services/access/access.ts";
import type { Issuer } from "../services/access/issuer.ts";
import { sessionNotes } from "../services/audit/sessions.ts";
import type { Services } from "../services/open.ts";
import { waitingChunks } from "../services/uploads/waiting_chunks.ts";
import { allAttachments } from "./admin/attachments.ts";
import { auditRoutes } from "./admin/audit.ts";
import { jobRoutes } from "./admin/jobs.ts";
import { maintenanceRoutes } from "./admin/maintenance.ts";
import { overview } from "./admin/overview.ts";
import { storage } from "./admin/storage.ts";
import { allTokens } from "./admin/tokens.ts";
import { openUploads } from "./admin/uploads.ts";
import { ownersUsage } from "./admin/usage.ts";
import { archives } from "./archives.ts";
import { attachments } from "./attachments.ts";
import { auditRefusals } from "./audit_refusals.ts";
import { authenticate } from "./authenticate.ts";
import { browserSession } from "./browser_session.ts";
import { businessTypes } from "./business_types.ts";
import { dotnet } from "./compat/dotnet.ts";
import { routedPath } from "./compat/paths.ts";
import { radishAttachments } from "./compat/radish_attachments.ts";
import { radishTokens } from "./compat/radish_tokens.ts";
import { radishUploads } from "./compat/radish_uploads.ts";
import { oldRefusals } from "./compat/refusals.ts";
import { content } from "./content.ts";
import { corsFor } from "./cors.ts";
import { downloadsFolder } from "./downloads_folder.ts";
import { serveDocs } from "./docs_page.ts";
import type { Env } from "./env.ts";
import { files } from "./files.ts";
import { healthOf } from "./health.ts";
import { hostCheck } from "./host_check.ts";
import { trustedProxies } from "./http/client_address.ts";
import { methodNotAllowed } from "./method_not_allowed.ts";
import { metricsRoute } from "./metrics.ts";
import { apiApp, serveDescription } from "./openapi.ts";
import { operations } from "./operations.ts";
import type { BuiltPage } from "./page_files.ts";
import { pages } from "./pages.ts";
import { answerError } from "./problem_response.ts";
import { requestLog } from "./request_log.ts";
import { requestMetrics } from "./request_metrics.ts";
import { requestTrace } from "./request_trace.ts";
import { securityHeaders } from "./security_headers.ts";
import { signIn } from "./sign_in.ts";
import { signInPolicy } from "./sign_in_policy.ts";
import { tokenDownload } from "./token_download.ts";
import { tokens } from "./tokens.ts";
import { tusVersion } from "./tus_version.ts";
import { uploads } from "./uploads.ts";
import { rateLimits, usage } from "./usage.ts";
import { wholeFiles } from "./whole_files.ts";

export interface AppOptions {
  config: Config;
  services: Services;
  access: Access;
  /** The one that `access` knows too. */
  issuer: Issuer | null;
  version: string;
  /** Null when it has not been built. */
  page: BuiltPage | null;
  /** The machine's own addresses when the host is a wildcard; else empty. */
  addresses: readonly string[];
}

export function createApp(
  { config, services, access, issuer, version, page, addresses }: AppOptions,
): OpenAPIHono<Env> {
  const { core, downloads, leases, refusals, check } = services;
  const app = apiApp({ getPath: routedPath });
  app.onError(answerError);
  app.notFound(methodNotAllowed(app));

  app.use(requestLog({ trusted: trustedProxies(config.trustedProxies) }));
  app.use(requestTrace);
  app.use(requestMetrics(core.metrics.http));
  app.use(oldRefusals);
  app.use(auditRefusals(refusals));
  app.use(hostCheck({ config, addresses }));
  app.use(securityHeaders);
  app.use(corsFor(config.corsOrigins));
  const health = healthOf({ ...check });
  app.route("/", operations({ health, draining: () => core.gate.stopping }));
  const authentication = authenticate({ access, config });
  app.route("/", metricsRoute({ metrics: core.metrics, config, authenticate: authentication }));
  app.use("/files/*", tusVersion);
  app.use(authentication);
  app.use(rateLimits(core));

  const noteSession = sessionNotes(core);
  app.route("/api/v1/session", browserSession({ access, config, now: core.now, noteSession }));
  app.route("/api/v1/sign-in", signIn({ access, config, issuer, now: core.now, noteSession }));
  app.route("/api/v1/uploads", uploads(core, downloads));
  app.route("/api/v1/attachments", attachments(core, downloads));
  app.route("/api/v1/attachments", content(core, downloads));
  app.route("/api/v1/archives", archives(core));
  app.route("/api/v1", wholeFiles(core));
  app.route("/api/v1", tokens(core, { config, leases }));
  app.route("/", tokenDownload(core, { config, downloads, leases }));
  app.route("/api/v1/admin/audit", auditRoutes(core));
  app.route("/api/v1/admin/jobs", jobRoutes(core));
  app.route("/api/v1/admin/overview", overview(core, { version, startedAt: core.now(), health }));
  app.route("/api/v1/admin/uploads", openUploads(core));
  app.route("/api/v1/admin/attachments", allAttachments(core, downloads));
  app.route("/api/v1/admin/tokens", allTokens(core));
  app.route("/api/v1/admin/storage", storage(core));
  app.route("/api/v1/admin/usage", ownersUsage(core));
  app.route("/api/v1/admin/maintenance", maintenanceRoutes(core));
  app.route("/files", files(core, { downloads, publicUrl: config.publicUrl }));
  app.get("/", signInPolicy(issuer));
  app.route("/api/v1", businessTypes(config));
  app.route("/api/v1", usage(core));
  const waiting = waitingChunks(config);
  app.route("/", dotnet(core, { config, downloads, waiting }));
  app.route("/", radishAttachments(core, { downloads }));
  app.route("/", radishUploads(core, { downloads, waiting }));
  app.route("/", radishTokens(core, { config, downloads, leases }));
  app.route("/", downloadsFolder(core));
  app.route("/", pages(page));
  serveDescription(app, { version, publicUrl: config.publicUrl });
  serveDocs(app);
  return app;
}
