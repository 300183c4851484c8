/** Sentences of the administrators' page in Chinese. */
import type { AdminMessages } from "./admin_en.ts";
import { chineseAudit } from "./audit_zh.ts";
import { chineseJobs } from "./jobs_zh.ts";

export const chinese: AdminMessages = {
  title: "管理",
  pageTitle: (section, site) => `${section} · ${site}`,
  nav: "栏目",
  sections: {
    jobs: "任务",
    audit: "审计",
  },
  refused: {
    title: "此页面仅供管理员使用",
    text: (name) => `您以 ${name} 的身份登录，不是管理员。请联系管理员，或以管理员身份登录。`,
    back: "返回您的文件",
  },
  failed: "无法显示",
  stale: "无法更新，显示的内容可能已过时。",
  showMore: "显示更多",
  loadingMore: "正在加载",
  count: {
    files: (count) => `${count.toLocaleString("zh-CN")} 个文件`,
    entries: (count, more) => `${count.toLocaleString("zh-CN")} 条记录${more ? "以上" : ""}`,
  },
  problems: {
    "job-running": "此任务正在运行，请等它结束。",
    "forbidden": "只有管理员可以执行此操作。",
  },
  jobs: chineseJobs,
  audit: chineseAudit,
};
