/** Sentences of the administrators' page in Chinese. */
import type { AdminMessages } from "./admin_en.ts";
import { chineseAudit } from "./audit_zh.ts";
import { chineseFigures } from "./figures_zh.ts";
import { chineseJobs } from "./jobs_zh.ts";
import { chineseLists } from "./lists_zh.ts";

export const chinese: AdminMessages = {
  pageTitle: (section, site) => `${section} · ${site}`,
  nav: "栏目",
  sections: {
    overview: "概览",
    uploads: "正在上传",
    files: "文件",
    bin: "回收站",
    links: "链接",
    people: "用户",
    storage: "存储",
    jobs: "任务",
    audit: "审计",
  },
  refused: {
    title: "此页面仅供管理员使用",
    text: (name) => `您以 ${name} 的身份登录，不是管理员。请联系管理员，或以管理员身份登录。`,
    back: "返回您的文件",
  },
  failed: (why) => `无法显示。${why}`,
  stale: (why) => `无法更新，显示的内容可能已过时。${why}`,
  showMore: "显示更多",
  searchOn: "继续查找",
  loadingMore: "正在加载",
  problems: {
    "job-running": "此任务正在运行，请等它结束。",
    "forbidden": "只有管理员可以执行此操作。",
    "invalid-request": "服务器无法识别其中一个筛选条件，请修改或去掉它。",
    "upload-ended": "此上传已经结束。",
  },
  lists: chineseLists,
  figures: chineseFigures,
  jobs: chineseJobs,
  audit: chineseAudit,
};
