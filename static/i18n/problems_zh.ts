/** Refusals in Chinese; see `problems_en.ts`. */
import type { Format } from "./format.ts";
import type { ProblemFacts, ProblemTexts } from "./problems_en.ts";

const again = ({ retryAt }: ProblemFacts, format: Format) =>
  retryAt === null ? "请稍后再试。" : `${format.clock(retryAt)} 后继续。`;

const amount = (bytes: number | null, format: Format) => bytes === null ? "" : `（${format.bytes(bytes)}）`;

export const chineseProblems: ProblemTexts = {
  "network": () => "无法连接服务器。已送达的内容都是安全的。",
  "stalled": () => "连接太慢或已中断。已送达的内容都是安全的。",
  "unexpected-answer": () => "您与服务器之间有别的设备代为应答。请重试，或联系网络管理员。",
  "source-changed": () => "文件在发送过程中被修改了，请重新发送。",
  "source-unreadable": () => "文件已无法读取：它被移动、修改或删除了。请重新选择。",
  "content-differs": () => "这不是之前发送的那个文件：内容不一致。",
  "unauthenticated": () => "您还没有登录。",
  "token-invalid": () => "此登录链接无效，请索取新的链接。",
  "token-expired": () => "此登录链接已过期，请索取新的链接。",
  "cross-site": () => "浏览器报告此请求来自其他网站。请直接用本页的地址打开。",
  "forbidden": () => "您没有权限执行此操作。",
  "not-found": () => "它已不存在，或属于其他人。",
  "file-too-large": (facts, format) => {
    const max = facts.number("maxBytes");
    if (max === null) return "文件太大。";
    return facts.kind === null
      ? `文件太大：最大允许 ${format.bytes(max)}。`
      : `文件太大：“${facts.kind}”最大允许 ${format.bytes(max)}。`;
  },
  "type-not-allowed": (facts) => {
    const allowed = facts.list("allowedExtensions");
    if (allowed === null) return "这里不接受此类型的文件。";
    return `“${facts.kind}”不接受这种文件，请在上方选择其他类别，或使用 ${allowed.join(" ")} 文件。`;
  },
  "invalid-file-name": (facts) =>
    facts.number("maxBytes") === null
      ? "服务器不接受这个文件名，请改成更简单的名称。"
      : "文件名太长，请改短一些。",
  "unknown-business-type": () => "此类别已不存在。请选择其他类别后重试。",
  "content-mismatch": () => "文件内容与名称不符，请检查扩展名。",
  "image-too-large": () => "图片的像素太多，无法接收。",
  "image-unreadable": () => "图片已损坏，无法读取。",
  "image-unsupported": () => "此类别不接受这种格式的图片，请另存为其他格式。",
  "over-daily-limit": (facts, format) =>
    `此文件超过了您一天可发送的总量${amount(facts.number("max"), format)}。`,
  "bytes-per-day": (facts, format) => {
    const max = facts.number("max") ?? 0;
    const left = max - (facts.number("used") ?? max);
    if (left > 0) {
      return `今天的 ${format.bytes(max)} 只剩 ${format.bytes(left)}，放不下这个文件。${
        again(facts, format)
      }`;
    }
    return `您今天可发送的总量${amount(facts.number("max"), format)}已用完。${again(facts, format)}`;
  },
  "uploads-at-once": (facts) => {
    const max = facts.number("max");
    return `${max === null ? "同时发送的文件已达上限" : `最多同时发送 ${max} 个文件`}，请稍候。`;
  },
  "uploads-per-minute": (facts, format) => {
    const max = facts.number("max");
    const rule = max === null ? "这一分钟内不能再开始新文件" : `每分钟最多开始 ${max} 个新文件`;
    return `${rule}。${again(facts, format)}`;
  },
  "disk-full": () => "服务器的存储空间已满。已送达的内容都是安全的，请通知服务器管理员。",
  "storage-unavailable": () => "服务器的存储没有响应。已送达的内容都是安全的。",
  "busy": () => "服务器非常繁忙。",
  "stopping": () => "服务器正在重新启动。",
  "upload-expired": () => "此上传搁置太久，已送达的部分已被清除。请重新发送文件。",
  "upload-cancelled": () => "此上传已在别处取消。请重新发送文件。",
  "upload-failed": () => "送达的内容与声明的文件不符，请重新发送。",
  "digest-mismatch": () => "内容在传输途中损坏，请重新发送。",
  "sessions-disabled": () => "此服务器不接受分段上传，因此本页无法发送文件。",
  "attachment-state": () => "此文件在回收站中，请先还原。",
  "blob-missing": () => "服务器丢失了此文件的数据，请通知服务器管理员。",
  "issuer-unavailable": () => "登录服务没有响应，请稍后再试。",
  "internal": () => "服务器出现了问题。",
};
