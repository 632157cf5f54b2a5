// SPDX-License-Identifier: Apache-2.0
package io.clusterlinks.agent;

import java.util.Arrays;
import java.util.List;

/**
 * The methods of a broker that are hooked. Names are of Kafka 4.3; a method is found by its name and exact descriptor,
 * so that a broker whose method means something else is recognised.
 */
enum HookPoint {
    BROKER_STARTUP("kafka.server.BrokerServer", "startup", "()V", LifecycleAdvice.Startup.class),
    BROKER_SHUTDOWN("kafka.server.BrokerServer", "shutdown", "(Ljava/time/Duration;)V", LifecycleAdvice.Shutdown.class),
    BROKER_JOINING(
            "org.apache.kafka.server.BrokerLifecycleManager",
            "setReadyToUnfence",
            "()Ljava/util/concurrent/CompletableFuture;",
            LifecycleAdvice.Joining.class),
    PRODUCE(
            "kafka.server.ReplicaManager",
            "handleProduceAppend",
            "(JSZLjava/lang/String;Lscala/collection/Map;Lscala/Function1;Lscala/Function1;"
                    + "Lorg/apache/kafka/server/common/RequestLocal;"
                    + "Lorg/apache/kafka/server/transaction/AddPartitionsToTxnManager$TransactionSupportedOperation;)V",
            WriteAdvice.Produce.class),
    APPEND(
            "kafka.cluster.Partition",
            "appendRecordsToLeader",
            "(Lorg/apache/kafka/common/record/internal/MemoryRecords;"
                    + "Lorg/apache/kafka/storage/internals/log/AppendOrigin;I"
                    + "Lorg/apache/kafka/server/common/RequestLocal;"
                    + "Lorg/apache/kafka/storage/internals/log/VerificationGuard;S)"
                    + "Lorg/apache/kafka/storage/internals/log/LogAppendInfo;",
            WriteAdvice.Append.class),
    DELETE_RECORDS(
            "kafka.cluster.Partition",
            "deleteRecordsOnLeader",
            "(J)Lorg/apache/kafka/server/LogDeleteRecordsResult;",
            WriteAdvice.DeleteRecords.class),
    ADD_PARTITIONS_TO_TRANSACTION(
            "kafka.coordinator.transaction.TransactionCoordinator",
            "handleAddPartitionsToTransaction",
            "(Ljava/lang/String;JSLjava/util/Set;Lscala/Function1;"
                    + "Lorg/apache/kafka/server/common/TransactionVersion;"
                    + "Lorg/apache/kafka/server/common/RequestLocal;)V",
            WriteAdvice.AddPartitionsToTransaction.class),
    LOG_APPEND(
            "org.apache.kafka.storage.internals.log.UnifiedLog",
            "append",
            "(Lorg/apache/kafka/common/record/internal/MemoryRecords;"
                    + "Lorg/apache/kafka/storage/internals/log/AppendOrigin;ZILjava/util/Optional;"
                    + "Lorg/apache/kafka/storage/internals/log/VerificationGuard;ZBS)"
                    + "Lorg/apache/kafka/storage/internals/log/LogAppendInfo;",
            WriteAdvice.LogAppend.class),
    HANDLE_REQUEST(
            "kafka.server.KafkaApis",
            "handle",
            "(Lkafka/network/RequestChannel$Request;Lorg/apache/kafka/server/common/RequestLocal;)V",
            RequestAdvice.class);

    /** The class with which a broker begins; not loaded by anything that is not a broker. */
    static final String BROKER_CLASS = BROKER_STARTUP.className;

    private final String className;
    private final String methodName;
    private final String descriptor;
    private final Class<?> advice;

    HookPoint(String className, String methodName, String descriptor, Class<?> advice) {
        this.className = className;
        this.methodName = methodName;
        this.descriptor = descriptor;
        this.advice = advice;
    }

    String className() {
        return className;
    }

    String methodName() {
        return methodName;
    }

    String descriptor() {
        return descriptor;
    }

    Class<?> advice() {
        return advice;
    }

    /** For people. */
    String qualifiedName() {
        return className + "." + methodName;
    }

    /** Names of the classes that are hooked, without duplicates. */
    static List<String> classNames() {
        return Arrays.stream(values()).map(HookPoint::className).distinct().toList();
    }

    /** The hook points in one class. */
    static List<HookPoint> in(String className) {
        return Arrays.stream(values())
                .filter(hook -> hook.className.equals(className))
                .toList();
    }
}
