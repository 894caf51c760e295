/*
 * A stand-in for NVIDIA's management library. Each call looks up its answer in a file, so that a test can change the
 * machine between two calls. A line is `FUNCTION GPU[.N] CODE [VALUE…]`, `*` for every GPU; a code of `hang` never
 * returns. What the file does not name is not supported. OLD leaves out what drivers before 535 do not have.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned int u32;
typedef unsigned long long u64;
#define GPU(handle) ((int)((u64)(handle)-1) % 1000)

struct reply { int code; int count; long long n[8]; char text[128]; };

static FILE *script(void) {
  FILE *file = fopen("/nvml.script", "r");
  return file ? file : fopen(SCRIPT, "r");
}

/* GPU -1: a question about the whole machine. */
static struct reply ask(const char *function, int gpu, int part) {
  struct reply reply = {3, 0, {0}, ""};
  char line[512];
  FILE *file = script();
  if (!file) return reply;
  while (fgets(line, sizeof line, file)) {
    char name[96], who[32], code[32], rest[400] = "", exact[32];
    if (sscanf(line, "%95s %31s %31s %399[^\n]", name, who, code, rest) < 3 || strcmp(name, function)) continue;
    if (part < 0) snprintf(exact, sizeof exact, "%d", gpu);
    else snprintf(exact, sizeof exact, "%d.%d", gpu, part);
    char any[32];
    if (part < 0) strcpy(any, "*");
    else snprintf(any, sizeof any, "*.%d", part);
    if (strcmp(who, exact) && strcmp(who, any) && strcmp(who, "*")) continue;
    if (!strcmp(code, "hang")) for (;;) pause();
    reply.code = atoi(code);
    snprintf(reply.text, sizeof reply.text, "%.127s", rest);
    reply.count = 0;
    for (char *at = rest, *end; reply.count < 8; at = end) {
      long long value = strtoll(at, &end, 0);
      if (end == at) break;
      reply.n[reply.count++] = value;
    }
    if (strcmp(who, exact) == 0) break; /* the exact line wins over `*` */
  }
  fclose(file);
  return reply;
}

#define MACHINE(f) int f(void) { return ask(#f, -1, -1).code == 3 ? 0 : ask(#f, -1, -1).code; }
#define TEXT(f) int f(void *d, char *out, u32 size) { struct reply r = ask(#f, GPU(d), -1); if (!r.code) snprintf(out, size, "%s", r.text); return r.code; }
#define U32(f) int f(void *d, u32 *out) { struct reply r = ask(#f, GPU(d), -1); if (!r.code) *out = (u32)r.n[0]; return r.code; }
#define U64(f) int f(void *d, u64 *out) { struct reply r = ask(#f, GPU(d), -1); if (!r.code) *out = (u64)r.n[0]; return r.code; }
#define PART(f) int f(void *d, u32 part, u32 *out) { struct reply r = ask(#f, GPU(d), (int)part); if (!r.code) *out = (u32)r.n[0]; return r.code; }
#define PAIR(f) int f(void *d, u32 *a, u32 *b) { struct reply r = ask(#f, GPU(d), -1); if (!r.code) { *a = (u32)r.n[0]; *b = (u32)r.n[1]; } return r.code; }

MACHINE(nvmlInit_v2)
MACHINE(nvmlShutdown)
int nvmlSystemGetDriverVersion(char *out, u32 size) { struct reply r = ask("nvmlSystemGetDriverVersion", -1, -1); if (!r.code) snprintf(out, size, "%s", r.text); return r.code; }
int nvmlDeviceGetCount_v2(u32 *out) { struct reply r = ask("nvmlDeviceGetCount_v2", -1, -1); if (!r.code) *out = (u32)r.n[0]; return r.code; }
int nvmlDeviceGetHandleByIndex_v2(u32 index, void **out) { struct reply r = ask("nvmlDeviceGetHandleByIndex_v2", (int)index, -1); *out = (void *)(u64)(index + 1); return r.code == 3 ? 0 : r.code; }
int nvmlDeviceGetPciInfo_v3(void *d, char *out) { struct reply r = ask("nvmlDeviceGetPciInfo_v3", GPU(d), -1); if (!r.code) snprintf(out + 36, 32, "%.31s", r.text); return r.code; }
/* A handle above 1000 is a MIG device of the GPU. */
int nvmlDeviceGetUUID(void *d, char *out, u32 size) {
  struct reply r = ask("nvmlDeviceGetUUID", GPU(d), -1);
  if (!r.code) snprintf(out, size, "%s%.90s", (u64)d > 1000 ? "MIG-" : "", r.text);
  return r.code;
}
TEXT(nvmlDeviceGetSerial)
TEXT(nvmlDeviceGetName)
TEXT(nvmlDeviceGetBoardPartNumber)
TEXT(nvmlDeviceGetVbiosVersion)
TEXT(nvmlDeviceGetInforomImageVersion)
/* nvmlFieldValue_t: the value type is a signed long long. */
int nvmlDeviceGetFieldValues(void *d, u32 count, char *values) {
  for (u32 i = 0; i < count; i++) {
    char *one = values + 40 * i;
    struct reply r = ask("nvmlDeviceGetFieldValues", GPU(d), *(int *)one);
    if (r.code == 15) return 15;
    *(u32 *)(one + 24) = 4;
    *(u32 *)(one + 28) = (u32)r.code;
    *(long long *)(one + 32) = r.n[0];
  }
  return 0;
}
U64(nvmlDeviceGetCurrentClocksThrottleReasons)
PART(nvmlDeviceGetTemperature)
PART(nvmlDeviceGetTemperatureThreshold)
U32(nvmlDeviceGetPowerUsage)
U32(nvmlDeviceGetCurrPcieLinkWidth)
U32(nvmlDeviceGetMaxPcieLinkWidth)
U32(nvmlDeviceGetCurrPcieLinkGeneration)
U32(nvmlDeviceGetMaxPcieLinkGeneration)
U32(nvmlDeviceGetPcieReplayCounter)
U32(nvmlDeviceGetPerformanceState)
U32(nvmlDeviceGetPersistenceMode)
int nvmlDeviceGetUtilizationRates(void *d, u32 *out) { struct reply r = ask("nvmlDeviceGetUtilizationRates", GPU(d), -1); out[0] = (u32)r.n[0]; out[1] = (u32)r.n[1]; return r.code; }
PAIR(nvmlDeviceGetEccMode)
PAIR(nvmlDeviceGetMigMode)
int nvmlDeviceGetMemoryErrorCounter(void *d, u32 kind, u32 counter, u32 location, u64 *out) {
  struct reply r = ask("nvmlDeviceGetMemoryErrorCounter", GPU(d), (int)(kind * 100 + counter * 10 + location));
  if (!r.code) *out = (u64)r.n[0];
  return r.code;
}
int nvmlDeviceGetRemappedRows(void *d, u32 *a, u32 *b, u32 *c, u32 *e) {
  struct reply r = ask("nvmlDeviceGetRemappedRows", GPU(d), -1);
  if (!r.code) { *a = (u32)r.n[0]; *b = (u32)r.n[1]; *c = (u32)r.n[2]; *e = (u32)r.n[3]; }
  return r.code;
}
int nvmlDeviceGetRowRemapperHistogram(void *d, u32 *out) {
  struct reply r = ask("nvmlDeviceGetRowRemapperHistogram", GPU(d), -1);
  for (int i = 0; !r.code && i < 5; i++) out[i] = (u32)r.n[i];
  return r.code;
}
PART(nvmlDeviceGetNvLinkState)
int nvmlDeviceGetNvLinkErrorCounter(void *d, u32 link, u32 counter, u64 *out) {
  struct reply r = ask("nvmlDeviceGetNvLinkErrorCounter", GPU(d), (int)(link * 10 + counter));
  if (!r.code) *out = (u64)r.n[0];
  return r.code;
}
int nvmlDeviceGetNvLinkRemotePciInfo_v2(void *d, u32 link, char *out) {
  struct reply r = ask("nvmlDeviceGetNvLinkRemotePciInfo_v2", GPU(d), (int)link);
  if (!r.code) snprintf(out + 36, 32, "%.31s", r.text);
  return r.code;
}
int nvmlDeviceGetGpuFabricInfo(void *d, char *out) {
  struct reply r = ask("nvmlDeviceGetGpuFabricInfo", GPU(d), -1);
  if (!r.code) { *(unsigned char *)(out + 24) = (unsigned char)r.n[0]; *(u32 *)(out + 16) = (u32)r.n[1]; }
  return r.code;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *d, u32 *count, char *out) {
  struct reply r = ask("nvmlDeviceGetComputeRunningProcesses_v3", GPU(d), -1);
  (void)out;
  *count = (u32)r.n[0];
  return r.code ? r.code : r.n[0] ? 7 : 0;
}
U32(nvmlDeviceGetMaxMigDeviceCount)
int nvmlDeviceGetMigDeviceHandleByIndex(void *d, u32 index, void **out) {
  *out = (void *)(u64)(1000 * (index + 1) + GPU(d) + 1);
  return ask("nvmlDeviceGetMigDeviceHandleByIndex", GPU(d), (int)index).code;
}

#ifndef OLD
/* A structure with a version answers "argument version mismatch" for another one. */
#define VERSION(out, size, v) if (*(u32 *)(out) != (u32)((size) | (v) << 24)) return 25
TEXT(nvmlDeviceGetGspFirmwareVersion)
U64(nvmlDeviceGetCurrentClocksEventReasons)
int nvmlDeviceGetRepairStatus(void *d, char *out) { VERSION(out, 12, 1); struct reply r = ask("nvmlDeviceGetRepairStatus", GPU(d), -1); *(u32 *)(out + 4) = (u32)r.n[0]; return r.code; }
int nvmlDeviceGetMarginTemperature(void *d, char *out) { VERSION(out, 8, 1); struct reply r = ask("nvmlDeviceGetMarginTemperature", GPU(d), -1); *(int *)(out + 4) = (int)r.n[0]; return r.code; }
int nvmlDeviceGetMemoryInfo_v2(void *d, char *out) { VERSION(out, 40, 2); struct reply r = ask("nvmlDeviceGetMemoryInfo_v2", GPU(d), -1); *(u64 *)(out + 32) = (u64)r.n[0]; return r.code; }
int nvmlDeviceGetSramEccErrorStatus(void *d, char *out) { VERSION(out, 104, 1); struct reply r = ask("nvmlDeviceGetSramEccErrorStatus", GPU(d), -1); *(u32 *)(out + 96) = (u32)r.n[0]; return r.code; }
/* Drivers of 550 know version 2 alone; the test's are newer. */
int nvmlDeviceGetGpuFabricInfoV(void *d, char *out) {
  if (*(u32 *)out != (36 | 2 << 24) && *(u32 *)out != (40 | 3 << 24)) return 25;
  struct reply r = ask("nvmlDeviceGetGpuFabricInfoV", GPU(d), -1);
  if (!r.code) { *(unsigned char *)(out + 28) = (unsigned char)r.n[0]; *(u32 *)(out + 20) = (u32)r.n[1]; *(u32 *)(out + 32) = (u32)r.n[2]; }
  return r.code;
}
#endif
