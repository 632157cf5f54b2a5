// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.host;

import java.lang.reflect.Field;
import java.util.concurrent.locks.ReadWriteLock;
import kafka.cluster.Partition;

/**
 * The lock under which a partition becomes leader or follower. Kafka takes it for reading around appends of a leader
 * and checks who leads inside; truncation is meant for followers, so nothing checks there.
 */
final class LeaderLock {
    private static final Field LOCK = lockField();

    private LeaderLock() {}

    /** Something that is done to a log. */
    interface Action {
        void run() throws AppendException;
    }

    private static Field lockField() {
        try {
            Field field = Partition.class.getDeclaredField("leaderIsrUpdateLock");
            field.setAccessible(true);
            return field;
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /**
     * Runs {@code action}, during which the broker cannot stop to lead the partition.
     *
     * @throws AppendException NOT_LEADER if it does not lead it under {@code leaderEpoch}; then nothing was run
     */
    static void whileLeading(Partition partition, int leaderEpoch, Action action) throws AppendException {
        ReadWriteLock lock = lock(partition);
        lock.readLock().lock();
        try {
            if (!partition.isLeader() || partition.getLeaderEpoch() != leaderEpoch) {
                throw new AppendException(
                        AppendException.Kind.NOT_LEADER,
                        partition.topicPartition() + ": not led by this broker under leader epoch " + leaderEpoch,
                        null);
            }
            action.run();
        } finally {
            lock.readLock().unlock();
        }
    }

    private static ReadWriteLock lock(Partition partition) {
        try {
            return (ReadWriteLock) LOCK.get(partition);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
