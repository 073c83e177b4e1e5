#include "core/visitors.hpp"
#include "core/format.hpp"

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

int main() {
    tap t;
    for (const char* agent :
         {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
          "Mozilla/5.0 (compatible; bingbot/2.0)", "BOT", "Slackbot-LinkExpanding 1.0", "robot",
          "Mozilla/5.0 (compatible; YandexBot/3.0)", "facebookexternalhit/1.1", "curl/8.5.0",
          "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36",
          "python-requests/2.31", "WhatsApp/2.23.20.0", "Wget/1.21", "Baiduspider", "my CRAWLER"})
        t.ok(is_bot(agent), format("{} is a bot", agent));
    for (const char* agent :
         {"", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0",
          "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari",
          "Mozilla/5.0 (Linux; Android 10; CUBOT_NOTE_20) Chrome/120.0 Mobile", "okhttp/4.12.0",
          "Botany/1.0", "Dalvik/2.1.0 (Linux; U; Android 14)", "\xff\xfe bo", "bo"})
        t.ok(!is_bot(agent), format("{} is none", agent));
    return t.finish();
}
