-- CreateTable
CREATE TABLE "Lane" (
    "channelId" TEXT NOT NULL PRIMARY KEY,
    "owner" TEXT,
    "token" INTEGER NOT NULL,
    "expiresAt" DATETIME,
    CONSTRAINT "Lane_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);
