"""All settings, in one file. What differs between places comes from the environment (config/env.py, .env.example)."""

from celery.schedules import schedule
from csp.constants import NONE, SELF

from config import catalogues, embedded, env
from config.schedule import AT, SCHEDULE
from config.unfold import UNFOLD  # noqa: F401  the look of the admin

env.read_dotenv()
BASE_DIR = env.ROOT
VAR_DIR = embedded.var_dir()

# --- What kind of place this is -------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
IS_EMBEDDED = embedded.wants_postgres()
SECRET_KEY = env.text("SECRET_KEY", "") or (embedded.secret_key() if IS_EMBEDDED else "")
if not SECRET_KEY:
    raise env.ConfigurationError(
        "SECRET_KEY is not set. With DATABASE_URL given there is no generated key; set a long random one, for example "
        'from python3 -c "import secrets; print(secrets.token_urlsafe(50))"'
    )
PORT = env.number("PORT", 8000, low=1, high=65535)
PUBLIC_BASE_URL = env.web_address("PUBLIC_BASE_URL", f"http://localhost:{PORT}")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]
# How many proxies stand in front. Each adds one entry to X-Forwarded-For; what stands left of theirs is anyone's word.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", 0, low=0, high=9)

# --- Applications -----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # the theme without its admin site; ours is accounts.admin_site
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "accounts.admin_config.DoorstepAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "axes",
    "csp",
    "accounts",
    "visits",
    "lending",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.compression.CompressedPages",
    "accounts.language.LanguageByCookie",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "config.csp.PolicyByPath",
    "accounts.middleware.RefusalPages",
    "visits.outbox.middleware.RightOfficer",
    "accounts.idempotency.IdempotencyMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.navigation.desk",
            ],
        },
    },
]

# --- PostgreSQL and Redis -----------------------------------------------------------------------------------------------
DATABASE = env.database("DATABASE_URL", embedded.database_url())
if env.flag("DOORSTEP_WEB"):
    # config/wsgi.py sets this. A command or a Celery child holds one connection and gains nothing from a pool; a pool
    # opened before a fork would be shared by parent and child.
    DATABASE["OPTIONS"] = {
        **DATABASE.get("OPTIONS", {}),
        "pool": {"min_size": 1, "max_size": 8, "timeout": 10},
        # Plans of the hot path's few statements are kept per connection (accounts/prepared.py); nothing else is
        # prepared. Off where a pooler in transaction mode stands in front of PostgreSQL and would mix them up.
        "prepare_threshold": 5 if env.flag("DATABASE_PREPARE", True) else None,
    }
DATABASES = {
    "default": {
        **DATABASE,
        "ATOMIC_REQUESTS": False,  # services open their own transactions, as short as they can be
        "CONN_HEALTH_CHECKS": True,  # a restarted PostgreSQL costs no request
        "TEST": {"NAME": "test_doorstep"},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.redis("REDIS_URL", embedded.redis_url())
CACHES = {
    "default": {
        "BACKEND": "config.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "doorstep",
    }
}

# --- People -----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "accounts.backends.PersonBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
AXES_LOCKOUT_PARAMETERS = [
    ["username", "ip_address"]
]  # both together: a whole office behind one address stays in
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # else anyone can keep a colleague out for ever
AXES_HTTP_RESPONSE_CODE = 429
AXES_LOCKOUT_CALLABLE = "config.pages.too_many_sign_ins"
AXES_CLIENT_IP_CALLABLE = "accounts.client_address.of"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_SENSITIVE_PARAMETERS = []

# --- Sessions, cookies, headers --------------------------------------------------------------------------------------
IS_HTTPS = PUBLIC_BASE_URL.startswith("https://")
SESSION_ENGINE = "config.sessions"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds, counted from sign-in and never renewed (config/sessions.py)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_FAILURE_VIEW = "config.pages.csrf_refused"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_HSTS_SECONDS = 31536000 if IS_HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"  # tokens in /q/ and /track/ addresses must not leave with a link
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
# A 50 MB JSON name is refused before it is read. Files are streamed to disk and bounded by the views that take them.
DATA_UPLOAD_MAX_MEMORY_SIZE = 6 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- Language, time ---------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]  # each in its own words
# The first is written by makemessages, the second by hand: it holds the Chinese of libraries that ship none.
LOCALE_PATHS = catalogues.FOLDERS
FORMAT_MODULE_PATH = ["config.formats"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60  # seconds; the choice belongs to the device, not to the session
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_SECURE = IS_HTTPS
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.time_zone("TIME_ZONE", "Asia/Shanghai")

# --- Static files -----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"] if (BASE_DIR / "static").is_dir() else []
# Names with a hash need a collectstatic first; DEBUG does without, and so do tests (tests/conftest.py).
IS_STATIC_HASHED = not DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "config.static_files.HashedStaticFiles"
        if IS_STATIC_HASHED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not IS_STATIC_HASHED
WHITENOISE_AUTOREFRESH = DEBUG
MEDIA_ROOT = VAR_DIR / "media"

# --- Mail ---------------------------------------------------------------------------------------------------------------
# Without EMAIL_URL every mail becomes a file, for a newcomer to look at.
vars().update(env.email("EMAIL_URL", f"filemail:///{VAR_DIR / 'mail'}"))
if EMAIL_BACKEND == "django.core.mail.backends.smtp.EmailBackend":  # noqa: F821  from EMAIL_URL
    EMAIL_BACKEND = "lending.sla.mail_backend.ReportingBackend"
# seconds; a mail server that hangs must not hold a worker
EMAIL_TIMEOUT = env.number("EMAIL_TIMEOUT", 10, low=1, high=60)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Doorstep <doorstep@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Where the reports of mail systems about our letters come to, if anywhere.
REPORTS = env.mailbox("REPORTS_URL")

# Deadlines turn at midnight; a site may keep the mails about them to office hours, in Shanghai's time.
ALERT_FROM_HOUR = env.number("ALERT_FROM_HOUR", 0, low=0, high=23)
ALERT_UNTIL_HOUR = env.number("ALERT_UNTIL_HOUR", 24, low=ALERT_FROM_HOUR + 1, high=24)
# For so long (seconds) a letter is one sender's; when it was killed, the next one takes the letter up after that.
ALERT_LEASE_SECONDS = env.number("ALERT_LEASE_SECONDS", 600, low=5, high=3600)

# A sweep that has not run for so long (seconds) is told of by the web processes (config/watchdog.py).
SWEEP_LATE_SECONDS = env.number("SWEEP_LATE_SECONDS", 300, low=5, high=3600)

# --- Printed sheets of codes ------------------------------------------------------------------------------------------
# Noto Sans SC as set-up installs it; without it sheets use the PDF reader's own Chinese face and say so.
SHEET_FONTS = env.text("SHEET_FONTS", str(BASE_DIR / "node_modules/@expo-google-fonts/noto-sans-sc"))

# --- REST -------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["accounts.parsers.BoundedJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "accounts.pagination.CursorPage",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "accounts.api_errors.handle",
    "PAGE_SIZE": 50,
    "NUM_PROXIES": TRUSTED_PROXIES,  # unset, throttles would count by whatever X-Forwarded-For the caller makes up
    "COERCE_DECIMAL_TO_STRING": True,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Doorstep 走访通",
    "DESCRIPTION": "One firm from the field visit to the bank's answer.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "ENUM_NAME_OVERRIDES": {
        "VisitMode": "visits.field.models.Visit.Mode",
        "VisitOutcome": "visits.field.models.Visit.Outcome",
        "ContactMode": "lending.bank_decision.models.ContactAttempt.Mode",
        "ReviewOutcome": "lending.district_review.models.DistrictReview.Outcome",
        "DecisionOutcome": "lending.bank_decision.outcomes.Outcome",
        "RecommendationState": "lending.recommendation_list.models.Recommendation.State",
        "DeadlineState": "lending.sla.models.Deadline.State",
        "SuspensionState": "lending.sla.models.Suspension.State",
        "LetterState": "lending.sla.models.Alert.State",
    },
}

# --- Celery -----------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BEAT_SCHEDULE = {
    name: {**entry, "schedule": AT.get(name) or schedule(entry["schedule"])}
    for name, entry in SCHEDULE.items()
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
# A task whose worker was killed is handed out again. Safe because tasks claim their rows in the database.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 1800}  # longer than any task may run (kombu#337)
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0.2,
}  # a page must not wait for a lost broker

# --- Sources of credit data -----------------------------------------------------------------------------------------------
CREDIT_SOURCES = env.json_list(
    "CREDIT_SOURCES",
    [{"code": "city-platform", "name": "市公共信用信息平台", "adapter": "dataset"}],
    required={"code", "adapter"},
)

# --- Logs ---------------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "config.logs.MaskedFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.server": {
            "handlers": [],
            "level": "INFO",
            "propagate": True,
        },  # runserver's own lines, masked too
        "axes": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS = []
