-- CreateTable
CREATE TABLE "Lane" (
    "channelId" TEXT COLLATE "C" NOT NULL,
    "owner" TEXT COLLATE "C",
    "token" INTEGER NOT NULL,
    "expiresAt" TIMESTAMP(3),

    CONSTRAINT "Lane_pkey" PRIMARY KEY ("channelId")
);

-- AddForeignKey
ALTER TABLE "Lane" ADD CONSTRAINT "Lane_channelId_fkey" FOREIGN KEY ("channelId") REFERENCES "Channel"("id") ON DELETE CASCADE ON UPDATE CASCADE;
